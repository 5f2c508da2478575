import { expect, test } from 'vitest';
import { startTestApi } from './testing/start-test-api.ts';

const api = await startTestApi();

test('smoke', async () => {
  const r = await api.fetch('/v1/session');
  console.log(r.status, Object.fromEntries(r.headers), await r.json());
  for (const p of [
    '/health',
    '/health/ready',
    '/nothing',
    '/v1/datasets?limt=3',
    '/v1/datasets?limit=3',
    '/trpc/datasets.list?input=%7B%22json%22%3A%7B%7D%7D',
    '/trpc/nope',
    '/docs/',
    '/v1/datasets/x',
  ]) {
    const r = await api.fetch(p);
    console.log(p, r.status, r.headers.get('content-type'), (await r.text()).slice(0, 300));
  }
  console.log(api.logs().slice(0, 1500));
  expect(1).toBe(1);
});
