import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();

test('a key gets into no line, wherever its owner puts it', async () => {
  const { editor } = api.keys;
  const secret = editor.slice(-40);
  await api.fetch('/v1/session');
  await api.fetch(`/v1/datasets?name=${editor}`);
  await api.fetch(`/v1/${editor}`);
  await api.fetch('/v1/session', { key: null, headers: { authorization: `Basic ${editor}` } });
  await api.fetch('/v1/session', { headers: { 'x-request-id': editor.slice(0, 120), cookie: `session=${editor}` } });
  await api.fetch('/v1/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: editor, scopes: ['dataset:read'] }),
  });
  await expect.poll(() => api.logs().match(/"answered"/g)?.length).toBeGreaterThanOrEqual(6);
  expect(api.logs()).toContain('/v1/session');
  expect(api.logs()).not.toContain(secret);
});

test('a new key’s secret is in the answer and in no line', async () => {
  const response = await api.fetch('/v1/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'new-key' },
    body: JSON.stringify({ name: 'n', scopes: ['dataset:read'] }),
  });
  const { secret } = z.object({ secret: z.string() }).parse(await response.json());
  expect(secret).toMatch(/^grn_/);
  await expect.poll(() => api.logs()).toContain('new-key');
  expect(api.logs()).not.toContain(secret.slice(-40));
});

test('a request’s line has the fields that were chosen, and no others', async () => {
  await api.fetch('/v1/datasets?name=private', { headers: { 'x-request-id': 'one-line' } });
  await expect.poll(() => api.logs()).toContain('one-line');
  const line = api
    .logs()
    .split('\n')
    .find((each) => each.includes('one-line'));
  expect(JSON.parse(line ?? '')).toEqual({
    level: 30,
    time: expect.any(String),
    service: 'api',
    pid: process.pid,
    requestId: 'one-line',
    method: 'GET',
    route: '/v1/datasets',
    status: 200,
    milliseconds: expect.any(Number),
    address: '127.0.0.1',
    ...api.ours.as.editor,
    keyId: expect.any(String),
    msg: 'answered',
  });
});
