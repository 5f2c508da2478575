import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { type EmbeddedUser, superuser, unprivileged } from './account.ts';
import { EmbeddedPostgresError, UnsupportedPlatformError } from './errors.ts';

/** One initialised cluster on disk, with what is needed to log in to it. */
export interface Cluster {
  readonly bin: string;
  /** Holds the passwords, the log and the last port; readable by the repository's owner only where it matters. */
  readonly home: string;
  readonly data: string;
  readonly passwords: Readonly<Record<EmbeddedUser, string>>;
}

/** Runs initdb unless an earlier start did. Data and passwords appear together, by one rename. */
export async function openCluster(bin: string, directory: string): Promise<Cluster> {
  const home = path.join(directory, '17'); // a later major version gets a folder of its own
  if (!(await exists(home))) {
    const staging = path.join(directory, `new-${process.pid}-${randomBytes(4).toString('hex')}`);
    try {
      await initialise(bin, staging);
      // of two starters at once, one loses and takes the other's cluster
      await rename(staging, home).catch(async (error) => {
        if (!(await exists(home))) throw error;
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
  const passwords = parsePasswords(await readFile(path.join(home, 'passwords.json'), 'utf8'));
  return { bin, home, data: path.join(home, 'data'), passwords };
}

async function initialise(bin: string, home: string): Promise<void> {
  const passwords = { supabase_admin: generatePassword(), postgres: generatePassword() };
  const data = path.join(home, 'data');
  const passwordFile = path.join(home, 'initdb-password');
  await mkdir(home);
  await chmod(home, 0o755); // whatever the umask says: the server's account must get to the data
  await mkdir(data, { mode: 0o700 });
  await writeFile(path.join(home, 'passwords.json'), JSON.stringify(passwords), { mode: 0o600 });
  await writeFile(passwordFile, passwords.supabase_admin, { mode: 0o600 });
  if (unprivileged.uid !== undefined && unprivileged.gid !== undefined) {
    await chown(data, unprivileged.uid, unprivileged.gid);
    await chown(passwordFile, unprivileged.uid, unprivileged.gid);
  }
  const options = ['-D', data, '-U', superuser, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  // the builtin C.UTF-8 locale sorts the same on every machine
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  await promisify(execFile)(path.join(bin, 'initdb'), [...options, ...locale], { ...unprivileged, cwd: '/' }).catch(
    explain,
  );
  await rm(passwordFile);
  await createOwner(bin, data, passwords.postgres);
}

/** In single-user mode, before anybody can connect: what Supabase's `postgres` may do, and no more. */
async function createOwner(bin: string, data: string, password: string): Promise<void> {
  const child = spawn(path.join(bin, 'postgres'), ['--single', '-D', data, 'postgres'], {
    ...unprivileged,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin.end(`create role postgres login createdb createrole replication bypassrls password '${password}'\n`);
  const [messages] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (/ERROR|FATAL|PANIC/.test(messages))
    throw new EmbeddedPostgresError(`could not create the owner role: ${messages}`);
}

function explain(error: NodeJS.ErrnoException & { stderr?: string }): never {
  // Alpine's musl answers ENOENT for a glibc program that does exist
  if (error.code === 'ENOENT' || error.code === 'ENOEXEC')
    throw new UnsupportedPlatformError(error.message, { cause: error });
  const hint = 'If this container cannot run PostgreSQL, set DATABASE_URL to a server of version 15 or later.';
  throw new EmbeddedPostgresError(`initdb failed: ${error.stderr?.trim() || error.message}\n${hint}`, { cause: error });
}

function generatePassword(): string {
  return randomBytes(24).toString('base64url');
}

function parsePasswords(json: string): Record<EmbeddedUser, string> {
  return JSON.parse(json);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
