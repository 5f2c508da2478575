import { createDatabase, createPool } from '@granary/db';
import { fastify } from 'fastify';
import { afterAll, describe, expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';
import { registerHealth } from './health-routes.ts';

describe('with a database', async () => {
  const api = await startTestApi();
  const get = async (path: string) => {
    const response = await api.fetch(path, { key: null });
    return [response.status, await response.json()];
  };

  test('everything is well, until the process is about to end', async () => {
    for (const path of ['/health', '/health/live', '/health/database', '/health/ready'])
      expect(await get(path)).toMatchObject([200, { status: 'ok' }]);
    api.drain();
    expect(await get('/health/live')).toMatchObject([200, { status: 'ok' }]);
    expect(await get('/health/database')).toMatchObject([200, { status: 'ok' }]);
    expect(await get('/health/ready')).toMatchObject([503, { status: 'unavailable', draining: true }]);
    expect(await get('/health')).toMatchObject([503, { status: 'unavailable', database: 'ok', draining: true }]);
  });
});

describe('without a database', () => {
  const pool = createPool('postgres://nobody:hunter2@127.0.0.1:1/nothing', { connectTimeoutMs: 500 });
  const app = fastify();
  registerHealth(app, { database: createDatabase(pool, { prepared: true }), draining: new AbortController().signal });
  afterAll(async () => {
    await app.close();
    await pool.end();
  });

  test.for([
    ['/health/live', 200],
    ['/health/database', 503],
    ['/health/ready', 503],
    ['/health', 503],
  ] as const)('%s is %i, and names no secret', async ([path, status]) => {
    const response = await app.inject(path);
    expect(response.statusCode).toBe(status);
    expect(response.body).not.toMatch(/hunter2|nobody|127\.0\.0\.1/);
  });
});
