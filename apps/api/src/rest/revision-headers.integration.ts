import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const made = z.object({ id: z.string() });
const send = (method: string, address: string, body?: object, headers: Record<string, string> = {}) =>
  api.fetch(address, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });

test('what was changed meanwhile is not changed by who saw it before: 412 by If-Match, 409 by the field', async () => {
  const created = await send('POST', '/v1/blocks', { name: 'model', blockType: 'model' });
  expect([created.status, created.headers.get('etag')]).toEqual([201, '"1"']);
  const address = `/v1/blocks/${made.parse(await created.json()).id}`;
  const first = await send('PATCH', address, { description: 'first' }, { 'if-match': '"1"' });
  expect([first.status, first.headers.get('etag')]).toEqual([200, '"2"']);
  const late = await send('PATCH', address, { description: 'late' }, { 'if-match': '"1"' });
  expect([late.status, await late.json()]).toMatchObject([412, { kind: 'precondition', details: { revision: 2 } }]);
  const field = await send('PATCH', address, { description: 'late', revision: 1 });
  expect([field.status, await field.json()]).toMatchObject([409, { kind: 'conflict', details: { revision: 2 } }]);
  const read = await api.fetch(address);
  expect(read.headers.get('etag')).toBe('"2"');
  expect(await read.json()).toMatchObject({ description: 'first' });
  const removed = await send('DELETE', address, undefined, { 'if-match': '"1"' });
  expect(removed.status).toBe(412);
  expect((await send('DELETE', address, undefined, { 'if-match': '"2"' })).status).toBe(200);
});

test.for(['1', '*', 'W/"1"', '"1", "2"', '"x"'])('If-Match %s is refused', async (header) => {
  const response = await send('PATCH', `/v1/blocks/${crypto.randomUUID()}`, {}, { 'if-match': header });
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { detail: expect.stringContaining('If-Match') },
  ]);
});

test('a header and a field that disagree are refused; neither is a field that is missing', async () => {
  const address = `/v1/blocks/${crypto.randomUUID()}`;
  expect((await send('PATCH', address, { revision: 2 }, { 'if-match': '"1"' })).status).toBe(400);
  expect(await (await send('PATCH', address, {})).json()).toMatchObject({
    detail: expect.stringContaining('revision'),
  });
});
