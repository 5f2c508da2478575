import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const made = z.object({ key: z.object({ id: z.uuid(), expiresAt: z.string().nullable() }), secret: z.string() });

const call = (method: string, path: string, body: object, key = api.keys.editor) =>
  api.fetch(path, { method, key, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
async function makeKey(limits: object = {}) {
  const response = await call('POST', '/v1/keys', { name: 'k', scopes: ['dataset:read', 'key:read'], ...limits });
  expect(response.status, await response.clone().text()).toBe(201);
  return made.parse(await response.json());
}
const statusWith = async (key: string) => (await api.fetch('/v1/datasets', { key })).status;

test('a key that is switched off stops at once, and works again when it is on', async () => {
  const { key, secret } = await makeKey();
  expect(await statusWith(secret)).toBe(200);
  await call('PUT', `/v1/keys/${key.id}/active`, { active: false });
  expect(await statusWith(secret)).toBe(401);
  await call('PUT', `/v1/keys/${key.id}/active`, { active: true });
  expect(await statusWith(secret)).toBe(200);
});

test('a key works only from the networks that it is bound to', async () => {
  const { secret: elsewhere } = await makeKey({ allowedNetworks: ['192.0.2.0/24', '2001:db8::1'] });
  expect(await statusWith(elsewhere)).toBe(401);
  const { secret: here } = await makeKey({ allowedNetworks: ['192.0.2.0/24', '127.0.0.0/8'] });
  expect(await statusWith(here)).toBe(200);
  expect(
    (await call('POST', '/v1/keys', { name: 'k', scopes: ['key:read'], allowedNetworks: ['everywhere'] })).status,
  ).toBe(400);
});

test('a rotated key goes on for the overlap, and its successor has what it had', async () => {
  const { key, secret } = await makeKey({ allowedNetworks: ['127.0.0.0/8'], requestsPerMinute: 1000 });
  const response = await call('POST', `/v1/keys/${key.id}/rotation`, { overlapHours: 1 });
  const next = z
    .object({ key: z.object({ allowedNetworks: z.array(z.string()), requestsPerMinute: z.int() }), secret: z.string() })
    .parse(await response.json());
  expect(next.key).toMatchObject({ allowedNetworks: ['127.0.0.0/8'], requestsPerMinute: 1000 });
  expect([await statusWith(secret), await statusWith(next.secret)]).toEqual([200, 200]);
  await api.owner.query(`update api_keys set expires_at = expires_at - interval '61 minutes' where id = $1`, [key.id]);
  expect([await statusWith(secret), await statusWith(next.secret)]).toEqual([401, 200]);
  const colleague = await call('POST', `/v1/keys/${key.id}/rotation`, {}, api.keys.colleague);
  expect(colleague.status).toBe(404);
});

test('a key has a limit of its own, and others are not held to it', async () => {
  const { secret } = await makeKey({ requestsPerMinute: 3 });
  const statuses: number[] = [];
  for (let request = 0; request < 4; request += 1) statuses.push(await statusWith(secret));
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect(await statusWith(api.keys.editor)).toBe(200);
});

test('when a key was last used is said; not of one that was refused', async () => {
  const { key, secret } = await makeKey();
  const lastUsed = async () => {
    const listed = z.array(z.object({ id: z.uuid(), lastUsedAt: z.string().nullable() }));
    const keys = listed.parse(await (await api.fetch('/v1/keys')).json());
    return keys.find(({ id }) => id === key.id)?.lastUsedAt;
  };
  expect(await lastUsed()).toBeNull();
  await statusWith(secret);
  expect(await lastUsed()).not.toBeNull();
});
