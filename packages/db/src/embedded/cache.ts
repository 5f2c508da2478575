import { chmod, lstat, mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedPostgresError } from './errors.ts';

/**
 * The folder for PostgreSQL's programs and for test servers: outside the repository, because the server's account
 * must be able to enter it. GRANARY_PG_CACHE overrides; /tmp is the last resort, since it gets swept while we run.
 */
export async function openCache(given = process.env.GRANARY_PG_CACHE): Promise<string> {
  if (given) return open(given);
  const uid = process.getuid?.();
  const home = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  const wanted = path.join(uid === 0 ? '/var/cache' : home, 'granary-postgres');
  return open(wanted).catch(() => open(path.join(tmpdir(), `granary-postgres-${uid ?? 'user'}`)));
}

/** Programs are run from here, so nobody else may be able to put one there. */
async function open(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const status = await lstat(folder);
  const ours = process.getuid === undefined || status.uid === process.getuid();
  if (!ours || !status.isDirectory()) {
    throw new EmbeddedPostgresError(`${folder} belongs to somebody else; set GRANARY_PG_CACHE to a folder of yours`);
  }
  await chmod(folder, 0o755); // whatever the umask says, or whoever made it writable for all
  return folder;
}
