import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { prepareDatabase } from '../migrations/prepare-database.ts';
import { createPool } from '../pool.ts';
import { startOwnServer } from '../testing/own-server.ts';
import { withClient } from '../with-client.ts';
import { ensureLogins, type Login, loginRoles, loginUrl } from './ensure-logins.ts';
import { PreflightError, preflight } from './preflight.ts';
import { scramVerifier } from './scram.ts';

const { server, remove } = await startOwnServer(); // passwords belong to the cluster, which other tests share
const ownerUrl = server.url('postgres', 'app');
const admin = (sql: string) => withClient(server.url('supabase_admin', 'app'), (client) => client.query(sql));
await withClient(server.url('postgres', 'postgres'), (client) => client.query('create database app'));
await prepareDatabase({ url: ownerUrl, administratorUrl: server.url('supabase_admin', 'app') });
const logins = await ensureLogins(ownerUrl);
afterAll(remove);

const logIn = (url: string) =>
  withClient(url, async (client) => (await client.query('select current_user as user')).rows[0]);
const problems = (url: string, login: Login) =>
  preflight(url, login).then(
    () => [],
    (error) => (error instanceof PreflightError ? error.problems : [error]),
  );

describe('ensureLogins', () => {
  test.for(['api', 'identity', 'worker'] as const)('%s can log in, with no more than its role', async (login) => {
    expect(await logIn(logins[login])).toEqual({ user: loginRoles[login] });
    expect(await problems(logins[login], login)).toEqual([]);
  });

  test('a known URL that works is kept, one that does not is replaced', async () => {
    const wrong = new URL(logins.worker);
    wrong.password = 'wrong';
    const again = await ensureLogins(ownerUrl, { known: { ...logins, worker: wrong.href } });
    expect(again).toEqual({ ...logins, worker: again.worker });
    expect(await logIn(again.worker)).toEqual({ user: 'granary_worker' });
    await expect(logIn(logins.worker)).rejects.toThrow('password authentication failed');
    Object.assign(logins, again);
  });

  test('a URL of another login or another database is not kept, although it works', async () => {
    const elsewhere = new URL(logins.identity);
    elsewhere.pathname = '/postgres';
    const again = await ensureLogins(ownerUrl, { known: { ...logins, api: logins.worker, identity: elsewhere.href } });
    expect(new URL(again.api).username).toBe('granary_api');
    expect(new URL(again.identity).pathname).toBe('/app');
    Object.assign(logins, again);
  });

  test('no password reaches the server in clear, where a log of statements would keep it', async () => {
    const { password } = new URL(logins.api);
    const stored = await admin("select rolpassword from pg_authid where rolname = 'granary_api'");
    expect(stored.rows[0].rolpassword).toMatch(/^SCRAM-SHA-256\$4096:/);
    expect(stored.rows[0].rolpassword).not.toContain(password);
  });

  test('the statement timeout is kept with the role of api and identity, not of the worker', async () => {
    const show = (url: string) =>
      withClient(url, async (client) => (await client.query('show statement_timeout')).rows[0].statement_timeout);
    expect([await show(logins.api), await show(logins.identity), await show(logins.worker)]).toEqual([
      '30s',
      '30s',
      '0',
    ]);
  });

  test("Supabase's pooler finds the project by the user's name", () => {
    const pooler = 'postgres://postgres.abcdefgh:secret@aws-0-eu-central-1.pooler.supabase.com:6543/postgres';
    const url = new URL(loginUrl(pooler, 'granary_api', 'pass/word'));
    expect(url.username).toBe('granary_api.abcdefgh');
    expect(decodeURIComponent(url.password)).toBe('pass/word');
    expect([url.host, url.pathname]).toEqual(['aws-0-eu-central-1.pooler.supabase.com:6543', '/postgres']);
  });
});

test('a SCRAM verifier is the one of RFC 7677', () => {
  // the RFC's example: user "pencil", its salt and 4096 iterations, with the signatures that follow from it
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096);
  expect(verifier).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

describe('preflight refuses', () => {
  const restore: string[] = [];
  const change = async (sql: string, undo: string) => {
    await admin(sql);
    restore.push(undo);
  };
  afterEach(async () => {
    for (const sql of restore.splice(0).reverse()) await admin(sql);
  });

  test('a superuser', async () => {
    expect(await problems(server.url('supabase_admin', 'app'), 'api')).toContain('it is a superuser');
  });

  test('the owner of our tables', async () => {
    const found = await problems(ownerUrl, 'api');
    expect(found).toEqual(expect.arrayContaining(['it has BYPASSRLS', expect.stringMatching(/^it owns the table /)]));
  });

  test('a BYPASSRLS role for the api, though not for the worker', async () => {
    await change('alter role granary_api bypassrls', 'alter role granary_api nobypassrls');
    expect(await problems(logins.api, 'api')).toEqual(['it has BYPASSRLS']);
    expect(await problems(logins.worker, 'worker')).toEqual([]);
  });

  test('a role that can become a more powerful one', async () => {
    await change('create role powerful bypassrls', 'drop role powerful');
    await change(
      'alter table public.permissions owner to powerful',
      'alter table public.permissions owner to postgres',
    );
    await change('grant powerful to granary_api', 'revoke powerful from granary_api');
    expect(await problems(logins.api, 'api')).toEqual([
      'it belongs to powerful, which has BYPASSRLS',
      'it belongs to powerful, which owns the table public.permissions',
    ]);
  });

  test("another deployable's login", async () => {
    expect(await problems(logins.identity, 'api')).toEqual([
      'it is not granary_api; granary db roles prints the right URL',
    ]);
  });

  test('and names each missing privilege', async () => {
    await change('revoke usage on schema app from granary_api', 'grant usage on schema app to granary_api');
    await change(
      'revoke granary_member from granary_api granted by postgres',
      'grant granary_member to granary_api granted by postgres',
    );
    await change('alter role granary_worker nobypassrls', 'alter role granary_worker bypassrls');
    expect(await problems(logins.api, 'api')).toEqual([
      'missing: granary_api: USAGE on schema app',
      'missing: granary_api: member of granary_member',
    ]);
    expect(await problems(logins.worker, 'worker')).toEqual([expect.stringContaining('missing: BYPASSRLS')]);
  });
});

test('a connection that dies in the hands of its borrower ends neither the pool nor the process', async () => {
  const lost: string[] = [];
  const pool = createPool(logins.worker, { poolSize: 1, onConnectionLost: (error) => void lost.push(error.message) });
  const client = await pool.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  await admin(`select pg_terminate_backend(${rows[0]?.pid})`);
  await expect.poll(() => lost).toContainEqual(expect.stringContaining('terminat'));
  client.release(true);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});
