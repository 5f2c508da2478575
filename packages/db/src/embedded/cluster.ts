import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Account, clusterFolder, type EmbeddedUser, superuser } from './account.ts';
import { EmbeddedPostgresError, UnsupportedPlatformError } from './errors.ts';

/** One initialised cluster on disk, with what is needed to run it and to log in to it. */
export interface Cluster {
  readonly bin: string;
  readonly account: Account;
  /** Holds data, passwords, log and last port. */
  readonly home: string;
  readonly data: string;
  readonly passwords: Readonly<Record<EmbeddedUser, string>>;
}

type Blank = Pick<Cluster, 'bin' | 'account' | 'home' | 'data'>;
const passwordsFile = z.object({ supabase_admin: z.string().min(1), postgres: z.string().min(1) });

/** Runs initdb unless an earlier start did. Data and passwords appear together, by one rename. */
export async function openCluster(bin: string, directory: string, account: Account): Promise<Cluster> {
  const home = path.join(directory, clusterFolder);
  const exists = () =>
    access(home).then(
      () => true,
      () => false,
    );
  if (!(await exists())) {
    const staging = path.join(directory, `new-${process.pid}-${randomBytes(4).toString('hex')}`);
    try {
      await initialise({ bin, account, home: staging, data: path.join(staging, 'data') });
      // of two starters at once, one loses and takes the other's cluster
      await rename(staging, home).catch(async (error) => {
        if (!(await exists())) throw error;
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
  return { bin, account, home, data: path.join(home, 'data'), passwords: await readPasswords(home) };
}

async function readPasswords(home: string): Promise<Cluster['passwords']> {
  const file = path.join(home, 'passwords.json');
  try {
    return passwordsFile.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const advice = `start as the user who made it, or remove ${home} to begin with an empty database`;
    throw new EmbeddedPostgresError(`the server's passwords in ${file} cannot be read: ${advice}`, { cause });
  }
}

async function initialise(blank: Blank): Promise<void> {
  const { bin, account, home, data } = blank;
  const passwords = { supabase_admin: generatePassword(), postgres: generatePassword() };
  const passwordFile = path.join(home, 'initdb-password');
  await mkdir(home);
  await chmod(home, 0o755); // whatever the umask says: the server's account must get to the data
  await mkdir(data, { mode: 0o700 });
  await writeFile(path.join(home, 'passwords.json'), JSON.stringify(passwords), { mode: 0o600 });
  await writeFile(passwordFile, passwords.supabase_admin, { mode: 0o600 });
  for (const file of [data, passwordFile]) {
    if (account.uid !== undefined && account.gid !== undefined) await chown(file, account.uid, account.gid);
  }
  const options = ['-D', data, '-U', superuser, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  // the builtin C.UTF-8 locale sorts the same on every machine
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  await promisify(execFile)(path.join(bin, 'initdb'), [...options, ...locale], { ...account, cwd: '/' }).catch(explain);
  await rm(passwordFile);
  await createOwner(blank, passwords.postgres);
}

/** In single-user mode, before anybody can connect: what Supabase's `postgres` may do, and no more. */
async function createOwner({ bin, account, data }: Blank, password: string): Promise<void> {
  const child = spawn(path.join(bin, 'postgres'), ['--single', '-D', data, 'postgres'], {
    ...account,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin.end(`create role postgres login createdb createrole replication bypassrls password '${password}'\n`);
  const [messages] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (/ERROR|FATAL|PANIC/.test(messages)) throw new EmbeddedPostgresError(`the owner role was refused: ${messages}`);
}

function explain(error: NodeJS.ErrnoException & { stderr?: string }): never {
  if (error.code === 'ENOENT' || error.code === 'ENOEXEC') throw cannotRun(error);
  const hint = 'If PostgreSQL cannot run here, set DATABASE_URL to a server of version 15 or later.';
  throw new EmbeddedPostgresError(`initdb failed: ${error.stderr?.trim() || error.message}\n${hint}`, { cause: error });
}

/** Alpine's musl answers "no such file" for a glibc program that does exist. */
export function cannotRun(error: Error): UnsupportedPlatformError {
  const reason = `its program does not start here (${error.message}; it is built for glibc)`;
  return new UnsupportedPlatformError(`${process.platform}-${process.arch}`, reason, { cause: error });
}

function generatePassword(): string {
  return randomBytes(24).toString('base64url');
}
