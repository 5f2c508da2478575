import { stat } from 'node:fs/promises';
import path from 'node:path';

/** Whom the server runs as; empty for "as whoever we are". */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

const nobody: Account = { uid: 65534, gid: 65534 };

/**
 * PostgreSQL refuses to run as root, so root (a CI container) hands it to `nobody`, or to the user who made the data
 * before root came along.
 */
export async function serverAccount(directory: string): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const data = await stat(path.join(directory, clusterFolder, 'data')).catch(() => undefined);
  return data && data.uid !== 0 ? { uid: data.uid, gid: data.gid } : nobody;
}

/** The major version's folder inside the directory; a later major version gets one of its own. */
export const clusterFolder = '17';

/** As on Supabase the superuser is not `postgres`: migrations must do without superuser rights. */
export type EmbeddedUser = 'supabase_admin' | 'postgres';
export const superuser = 'supabase_admin' satisfies EmbeddedUser;
