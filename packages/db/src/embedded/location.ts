import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { type Account, clusterFolder } from './account.ts';
import { EmbeddedPostgresError } from './errors.ts';

/**
 * Makes `directory` usable by the account that the server runs under and returns its real path.
 * Root's checkout may lie in a folder that `nobody` cannot enter: then the data goes to `fallback`/granary-<hash> and
 * a symlink stays behind, so that it still persists "in" the directory.
 */
export async function prepareLocation(
  directory: string,
  account: Account,
  onNotice: (text: string) => void,
  fallback = '/var/lib',
): Promise<string> {
  await mkdir(path.dirname(directory), { recursive: true });
  const here = path.join(await realpath(path.dirname(directory)), path.basename(directory));
  const present = await lstat(here).catch(() => undefined);
  if (present?.isSymbolicLink()) return openFolder(path.resolve(path.dirname(here), await readlink(here)));
  const closed = await firstClosedFolder(present ? here : path.dirname(here), account);
  if (closed === undefined) return present ? here : openFolder(here);

  const elsewhere = path.join(fallback, `granary-${createHash('sha256').update(here).digest('hex').slice(0, 12)}`);
  if (present) await move(here, elsewhere);
  await openFolder(elsewhere);
  await symlink(elsewhere, here).catch(tolerate('EEXIST')); // another starter was faster
  onNotice(
    `PostgreSQL does not run as root, and only root may enter ${closed}: the data is in ${elsewhere}, linked from ${here}`,
  );
  return elsewhere;
}

/** The outermost folder on the way to `directory`, or itself, that the account may not enter. */
async function firstClosedFolder(directory: string, { uid, gid }: Account): Promise<string | undefined> {
  if (uid === undefined) return undefined;
  let folder = path.parse(directory).root;
  for (const part of ['', ...directory.slice(folder.length).split(path.sep)]) {
    folder = path.join(folder, part);
    const status = await stat(folder);
    const bit = status.uid === uid ? 0o100 : status.gid === gid ? 0o010 : 0o001;
    if ((status.mode & bit) === 0) return folder;
  }
  return undefined;
}

async function openFolder(folder: string): Promise<string> {
  if (await mkdir(folder, { recursive: true })) await chmod(folder, 0o755); // whatever the umask says
  return realpath(folder);
}

/** Keeps what an earlier start left in `from`, when a folder above it has become private since. */
async function move(from: string, to: string): Promise<void> {
  const has = (folder: string) => stat(path.join(folder, clusterFolder)).catch(() => undefined);
  if (!(await has(from))) return rm(from, { recursive: true, force: true });
  if (await has(to)) throw new EmbeddedPostgresError(`there is data in ${from} and in ${to}: remove one of them`);
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true, preserveTimestamps: true });
    await rm(from, { recursive: true });
  });
}

function tolerate(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
