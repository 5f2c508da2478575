import { signDelivery } from '@granary/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const post = async (address: string, body: object = {}) =>
  (
    await api.fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  ).json();
const made = z.object({ id: z.string() });

test('a machine without an account reports an image by a signed request, to the byte', async () => {
  const block = made.parse(await post('/v1/blocks', { name: 'model', blockType: 'model' }));
  const added = await post(`/v1/blocks/${block.id}/repositories`, { url: 'https://git.example/model.git' });
  const repositoryId = made.parse(added).id;
  const { secret } = z
    .object({ secret: z.string() })
    .parse(await post(`/v1/repositories/${repositoryId}/image-secret`));
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const report = { commit: 'a'.repeat(40), tag: 'v1', registry: 'registry.example/app', status: 'pending' };
  const body = `{ "tag": "v1",\n ${JSON.stringify(report).slice(1)}`; // as no writer of JSON would have it
  const send = (headers: Record<string, string>, text = body, type = 'application/json') =>
    fetch(new URL(`/hooks/repositories/${repositoryId}/images`, api.url), {
      method: 'POST',
      headers: { 'content-type': type, ...headers },
      body: text,
    });
  const headers = signDelivery([key], { id: 'one', body, sentAt: new Date() });
  expect((await send({})).status).toBe(400);
  expect((await send(headers, `${body} `)).status).toBe(401);
  expect((await send(headers, body, 'text/plain')).status).toBe(200);
  expect((await send(headers)).status).toBe(409);
  const listed = await (await api.fetch(`/v1/images?repositoryId=${repositoryId}`)).json();
  expect(listed).toMatchObject({ items: [{ origin: 'reported', imageTag: 'v1', buildStatus: 'pending' }] });
  const elsewhere = new URL('/hooks/repositories/none/images', api.url);
  expect((await fetch(elsewhere, { method: 'POST', headers, body })).status).toBe(400);
});
