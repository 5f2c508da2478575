import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../embedded/index.ts';
import { withClient } from '../with-client.ts';
import { isInstalled } from './is-installed.ts';
import type { TestUser } from './server.ts';
import type { TestDatabase } from './test-database.ts';

const users: readonly TestUser[] = ['postgres', 'granary_api', 'granary_identity', 'granary_worker'];

/** Whether pgbouncer is here; prints why a test is skipped where it is not. */
export function hasPooler(): boolean {
  return isInstalled('pgbouncer', 'pgbouncer');
}

export interface TestPooler {
  url(user: TestUser): string;
  stop(): Promise<void>;
}

export interface PoolerOptions {
  readonly mode: 'transaction' | 'session';
  /** Server connections for each user: fewer than clients, so that whatever is left on one shows up. */
  readonly connections: number;
}

/** pgbouncer in front of a test database, with its defaults where they matter (it refuses unknown settings). */
export async function startPooler(database: TestDatabase, { mode, connections }: PoolerOptions): Promise<TestPooler> {
  const port = await freePort();
  const upstream = new URL(database.url('postgres'));
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-pooler-'));
  const credentials = users.map((user) => new URL(database.url(user)));
  const list = credentials
    .map(({ username, password }) => `"${username}" "${decodeURIComponent(password)}"\n`)
    .join('');
  await writeFile(path.join(folder, 'users.txt'), list);
  await writeFile(
    path.join(folder, 'pgbouncer.ini'),
    configuration(database.name, upstream, port, folder, mode, connections),
  );
  // it refuses to be root as well
  for (const file of ['', 'users.txt', 'pgbouncer.ini']) await chmod(path.join(folder, file), 0o755);
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawn('pgbouncer', [path.join(folder, 'pgbouncer.ini')], { ...account, stdio: 'ignore' });
  const url = (user: TestUser) => {
    const through = new URL(database.url(user));
    through.port = String(port);
    return through.href;
  };
  await untilReady(url('postgres'));
  return {
    url,
    stop: async () => {
      child.kill('SIGINT');
      await once(child, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

function configuration(
  name: string,
  upstream: URL,
  port: number,
  folder: string,
  mode: string,
  connections: number,
): string {
  return `[databases]
${name} = host=${upstream.hostname} port=${upstream.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder}/users.txt
pool_mode = ${mode}
default_pool_size = ${connections}
`;
}

async function untilReady(url: string): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; await sleep(20)) {
    try {
      return await withClient(url, async (client) => void (await client.query('select 1')));
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
