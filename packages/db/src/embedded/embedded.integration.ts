import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { withClient } from '../with-client.ts';
import { locateNative } from './binaries.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.ts';

const isRoot = process.getuid?.() === 0;
const base = await mkdtemp(path.join(tmpdir(), 'granary-embedded-'));
await chmod(base, 0o755);
const directory = path.join(base, 'postgres');
const home = path.join(directory, '17');
const start = () => startEmbeddedPostgres({ directory, durable: false });
const query = (server: EmbeddedPostgres, text: string) =>
  withClient(server.url('supabase_admin', 'postgres'), async (client) => (await client.query(text)).rows);
const kill = async (server: EmbeddedPostgres) => {
  process.kill(server.pid, 'SIGKILL');
  await expect
    .poll(() =>
      query(server, 'select 1').then(
        () => 'up',
        () => 'down',
      ),
    )
    .toBe('down');
};

let server = await start();
await query(server, 'create table kept as select 42 as answer');
afterAll(async () => {
  await server.stop();
  await rm(base, { recursive: true });
});

test('it is PostgreSQL 17, with the extensions that Supabase projects use', async () => {
  expect(await query(server, 'show server_version')).toEqual([{ server_version: expect.stringMatching(/^17\./) }]);
  const wanted = ['btree_gist', 'citext', 'ltree', 'pg_stat_statements', 'pg_trgm', 'pgcrypto', 'unaccent'];
  const found = await query(
    server,
    `select name from pg_available_extensions where name = any ('{${wanted}}') order by 1`,
  );
  expect(found).toEqual(wanted.map((name) => ({ name })));
});

test('the owner has what Supabase gives to `postgres`, and is no superuser', async () => {
  const attributes = 'rolcanlogin, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolsuper';
  expect(await query(server, `select ${attributes} from pg_roles where rolname = 'postgres'`)).toEqual([
    {
      rolcanlogin: true,
      rolcreatedb: true,
      rolcreaterole: true,
      rolreplication: true,
      rolbypassrls: true,
      rolsuper: false,
    },
  ]);
});

describe('who may connect', () => {
  test.for(['postgres', 'supabase_admin'] as const)('%s needs the right password', async (user) => {
    const wrong = new URL(server.url(user, 'postgres'));
    wrong.password = 'wrong';
    await expect(withClient(wrong.href, async () => 'in')).rejects.toThrow('password authentication failed');
    wrong.password = '';
    await expect(withClient(wrong.href, async () => 'in')).rejects.toThrow('password');
  });

  test('every rule of pg_hba.conf asks for a password by SCRAM', async () => {
    const rules = await withClient(server.url('supabase_admin', 'postgres'), (client) =>
      client.query('select distinct auth_method from pg_hba_file_rules'),
    );
    expect(rules.rows).toEqual([{ auth_method: 'scram-sha-256' }]);
  });

  test.runIf(process.platform === 'linux')('only loopback listens', async () => {
    const port = server.port.toString(16).toUpperCase().padStart(4, '0');
    const tables = await Promise.all(
      ['tcp', 'tcp6'].map((file) => readFile(`/proc/net/${file}`, 'utf8').catch(() => '')),
    );
    const addresses = tables
      .join('')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => local?.endsWith(`:${port}`) && state === '0A')
      .map(([, local]) => local);
    expect(addresses).toEqual([`0100007F:${port}`]); // 127.0.0.1, and no socket file either
    expect(await query(server, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
  });

  test('the generated passwords are for the owner of the folder alone', async () => {
    expect((await stat(path.join(home, 'passwords.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(server.dataDirectory)).mode & 0o777).toBe(0o700);
  });
});

describe('starting again', () => {
  test('data and URL survive a stop and a start', async () => {
    const url = server.url('postgres', 'postgres');
    await server.stop();
    server = await start();
    expect(server.reused).toBe(false);
    expect(server.url('postgres', 'postgres')).toBe(url);
    expect(await query(server, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('a port that somebody else has taken is left to them', async () => {
    const { port } = server;
    await server.stop();
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    onTestFinished(() => void squatter.close());
    server = await start();
    expect(server.port).not.toBe(port);
    expect(await query(server, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('a server whose parent was SIGKILLed is found and reused', async () => {
    await server.stop();
    const script = `const { startEmbeddedPostgres } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))});
      console.log((await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)}, durable: false })).pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await once(parent.stdout, 'data');
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    server = await start();
    expect(server.reused).toBe(true);
    expect(server.pid).toBe(Number(String(output)));
  });

  test('after kill -9 the stale pid file is no obstacle', async () => {
    await kill(server);
    expect((await stat(path.join(server.dataDirectory, 'postmaster.pid'))).isFile()).toBe(true);
    server = await start();
    expect(server.reused).toBe(false);
    expect(await query(server, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('a stale pid file whose number is a living process of the same account is no obstacle', async () => {
    await kill(server);
    const { uid, gid } = await stat(server.dataDirectory);
    const innocent = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
    onTestFinished(() => void innocent.kill());
    const pidFile = path.join(server.dataDirectory, 'postmaster.pid');
    await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(innocent.pid)));
    const crashed = server;
    server = await start();
    expect(server.reused).toBe(false);
    expect(await query(server, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await crashed.stop(); // must signal neither the new server nor whoever has the old one's number
    expect(await query(server, 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
  });

  test('two starters at the same time share one server, also for the very first start', async () => {
    await server.stop();
    await rm(directory, { recursive: true });
    const starters = await Promise.all([start(), start(), start()]);
    server = starters[0];
    expect(new Set(starters.map(({ pid }) => pid)).size).toBe(1);
    expect(starters.filter(({ reused }) => !reused)).toHaveLength(1);
    await query(server, 'create table kept as select 42 as answer');
  });

  test('a starter waits for a server that is shutting down', async () => {
    const [, next] = await Promise.all([server.stop(), start()]);
    server = next.reused ? await start() : next;
    expect(await query(server, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });
});

test('a platform without binaries is told to set DATABASE_URL', () => {
  expect(() => locateNative('sunos', 'sparc')).toThrow(
    /cannot run on sunos-sparc.*Set DATABASE_URL to a PostgreSQL server/,
  );
});

test('lost passwords are explained', async () => {
  const folder = await mkdtemp(path.join(base, 'lost-'));
  await mkdir(path.join(folder, '17/data'), { recursive: true });
  await chmod(folder, 0o755);
  await expect(startEmbeddedPostgres({ directory: folder, durable: false })).rejects.toThrow('remove');
});
