import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../embedded/index.ts';
import { isInstalled } from './is-installed.ts';

const run = promisify(execFile);
const binaries = '/usr/lib/postgresql/15/bin';

/** Whether the oldest version that Granary supports is here; prints why a test is skipped where it is not. */
export function hasPostgres15(): boolean {
  return isInstalled(`${binaries}/initdb`, 'postgresql-15');
}

export interface OldServer {
  /** A superuser's URL; its name is `root15`, so that nothing can rely on the name. */
  url(database: string): string;
  remove(): Promise<void>;
}

/** A PostgreSQL 15 of this test's own. Stop it with `remove`. */
export async function startPostgres15(): Promise<OldServer> {
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-pg15-'));
  const data = path.join(folder, 'data');
  await chmod(folder, 0o755);
  await mkdir(data, { mode: 0o700 });
  await writeFile(path.join(folder, 'password'), 'fifteen');
  if (account.uid !== undefined) await chown(data, account.uid, account.gid);
  const options = { ...account, cwd: '/' };
  const initdb = [
    '-D',
    data,
    '-U',
    'root15',
    '--auth=scram-sha-256',
    `--pwfile=${folder}/password`,
    '--no-sync',
    '-E',
    'UTF8',
  ];
  await run(`${binaries}/initdb`, [...initdb, '--locale=C'], options);
  const port = await freePort();
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  // its log goes to a file: a pipe that the server inherits would keep execFile waiting
  await run(`${binaries}/pg_ctl`, ['-D', data, '-l', `${data}/log`, '-o', settings, '-w', 'start'], options);
  return {
    url: (database) => `postgres://root15:fifteen@127.0.0.1:${port}/${database}`,
    remove: async () => {
      await run(`${binaries}/pg_ctl`, ['-D', data, '-m', 'immediate', '-w', 'stop'], options);
      await rm(folder, { recursive: true });
    },
  };
}
