import { describe, expect, onTestFinished, test } from 'vitest';
import { isPooled } from './connection.ts';
import { createPool, openPool, type PoolOptions } from './pool.ts';
import { databaseEnvironment } from './settings.ts';
import { createTestDatabase, hasPooler, startPooler } from './testing/index.ts';

const database = await createTestDatabase();
const pool = (options: PoolOptions) => database.pool('granary_api', options);
const show = async (name: string, options: PoolOptions) =>
  (await pool(options).query<{ value: string }>('select current_setting($1) as value', [name])).rows[0]?.value;

describe('createPool', () => {
  test('tells PostgreSQL who it is and when to give up', async () => {
    expect(await show('application_name', { applicationName: 'granary-api' })).toBe('granary-api');
    expect(await show('statement_timeout', { statementTimeoutMs: 1234 })).toBe('1234ms');
    // the worker's login: those of the API may have a limit of their own, which belongs to the server that tests share
    const unlimited = database.pool('granary_worker', { statementTimeoutMs: 0 });
    expect((await unlimited.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
    await expect(pool({ statementTimeoutMs: 50 }).query('select pg_sleep(60)')).rejects.toThrow('statement timeout');
  });

  test('never has more connections than its size, and gives up waiting for one', async () => {
    const small = pool({ poolSize: 1, connectTimeoutMs: 1_000 });
    const client = await small.connect();
    await expect(small.connect()).rejects.toThrow('timeout');
    client.release();
  });

  test('replaces a connection that is too old, and closes one that is idle', async () => {
    const pid = async (of: ReturnType<typeof pool>) => (await of.query('select pg_backend_pid() as pid')).rows[0].pid;
    const aging = pool({ poolSize: 1, maxLifetimeSeconds: 1 });
    const first = await pid(aging);
    await expect.poll(() => pid(aging), { interval: 100 }).not.toBe(first);
    const idle = pool({ poolSize: 1, idleTimeoutMs: 1 });
    await pid(idle);
    await expect.poll(() => idle.totalCount).toBe(0);
  });
});

describe('openPool', () => {
  test('finds a direct connection, where prepared statements are safe', async () => {
    const { pool: opened, pooled, prepared } = await openPool(database.url('granary_api'));
    onTestFinished(() => opened.end());
    expect({ pooled, prepared }).toEqual({ pooled: false, prepared: true });
    const off = await openPool(database.url('granary_api'), { prepared: 'off' });
    onTestFinished(() => off.pool.end());
    expect(off.prepared).toBe(false);
  });

  test('rejects when nobody answers', async () => {
    await expect(openPool('postgres://granary_api@127.0.0.1:1/none')).rejects.toThrow('ECONNREFUSED');
  });
});

describe.runIf(hasPooler()).for(['transaction', 'session'] as const)('through a pooler in %s mode', (mode) => {
  test('openPool notices, does without prepared statements and is not refused', async () => {
    const pooler = await startPooler(database, { mode, connections: 2 });
    onTestFinished(() => pooler.stop());
    const url = pooler.url('granary_api');
    expect(await isPooled(url, databaseEnvironment.parse({}))).toBe(true);
    // what would happen without noticing
    const unaware = createPool(url);
    onTestFinished(() => unaware.end());
    await expect(unaware.query('select 1')).rejects.toThrow('unsupported startup parameter: statement_timeout');

    const { pool: opened, prepared } = await openPool(url);
    onTestFinished(() => opened.end());
    expect(prepared).toBe(false);
    expect((await opened.query('select current_user as user')).rows).toEqual([{ user: 'granary_api' }]);
    const on = await openPool(url, { prepared: 'on' }); // newer poolers can: the operator's word counts
    onTestFinished(() => on.pool.end());
    expect(on.prepared).toBe(true);
  });
});
