import { createHash } from 'node:crypto';
import { access, cp, lstat, mkdir, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { unprivileged } from './account.ts';

/**
 * Makes `directory` usable by the account that the server runs under and returns its real path.
 * A root user's checkout may lie in a folder that `nobody` cannot enter: then the data goes to /var/lib and a
 * symlink stays behind, so that it still persists "in" the directory.
 */
export async function prepareLocation(directory: string, onNotice: (text: string) => void): Promise<string> {
  const link = await lstat(directory).catch(() => undefined);
  if (link?.isSymbolicLink()) {
    await mkdir(path.resolve(path.dirname(directory), await readlink(directory)), { recursive: true, mode: 0o755 });
    return realpath(directory);
  }
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const here = await realpath(directory);
  const closed = await firstClosedAncestor(here);
  if (closed === undefined) return here;

  const elsewhere = `/var/lib/granary-${createHash('sha256').update(here).digest('hex').slice(0, 12)}`;
  await move(here, elsewhere);
  await symlink(elsewhere, directory);
  onNotice(
    `${closed} is private, and PostgreSQL must not run as root: its data is in ${elsewhere}, linked from ${directory}`,
  );
  return elsewhere;
}

/** The outermost folder on the way to `directory` that the server's account may not enter, if any. */
export async function firstClosedAncestor(directory: string): Promise<string | undefined> {
  const { uid, gid } = unprivileged;
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

/** Keeps what an earlier start left in `from`, when the folder has become private since. */
async function move(from: string, to: string): Promise<void> {
  if (
    await access(to).then(
      () => true,
      () => false,
    )
  )
    return rm(from, { recursive: true });
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true, preserveTimestamps: true });
    await rm(from, { recursive: true });
  });
}
