import { asSystem, type Database } from '@granary/db';
import { type ObjectStore, removeDoomed } from '@granary/domain';
import { sql } from 'kysely';

/**
 * Gives up the original of a version that was loaded, if that was asked for. A crash between the two steps leaves bytes
 * whose key is gone, and a note by which the next collection removes them.
 */
export async function forgetOriginal(
  { database, store }: { readonly database: Database; readonly store: ObjectStore },
  { tenantId, versionId }: { readonly tenantId: string; readonly versionId: string },
): Promise<void> {
  const sha256 = await asSystem(database, 'load: original', async (db) => {
    const { rows } = await sql<{
      sha256: string | null;
    }>`select app.forget_original(${tenantId}::uuid, ${versionId}::uuid) as sha256`.execute(db);
    return rows[0]?.sha256 ?? null;
  });
  if (sha256 !== null) await removeDoomed(database, store, { tenantId, sha256 });
}
