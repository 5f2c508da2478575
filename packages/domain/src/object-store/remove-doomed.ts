import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';
import { isCheckpointFolder } from '../audit/checkpoint-store.ts';
import type { CollectedObject } from './doom-objects.ts';
import type { ObjectKey, ObjectStore } from './object-store.ts';

/**
 * Removes a doomed object from the store, the oldest one unless it is named, while its note is locked: whoever claims it
 * waits and then puts it anew. Null when there is none that nobody else is removing. Rejects as the store does, and the
 * object comes last from then on: one that cannot be removed is not in the way of the others.
 */
export async function removeDoomed(
  database: Database,
  store: ObjectStore,
  named?: ObjectKey,
): Promise<CollectedObject | null> {
  const { removed, failure } = await asSystem(database, 'objects: collection', async (db) => {
    const doomed = await db
      .selectFrom('doomed_objects')
      .select(['tenant_id as tenantId', 'sha256', 'bytes'])
      .$if(named !== undefined, (q) => q.where('tenant_id', '=', named!.tenantId).where('sha256', '=', named!.sha256))
      .orderBy('doomed_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!doomed) return { removed: null };
    const { tenantId, sha256 } = doomed;
    try {
      // no command dooms one: somebody wants to have signed evidence removed
      if (isCheckpointFolder(tenantId)) throw new Error('checkpoints of the audit trail are never removed');
      await store.delete({ tenantId, sha256 });
    } catch (error) {
      await db
        .updateTable('doomed_objects')
        .set({ doomed_at: sql`now()` })
        .where('tenant_id', '=', tenantId)
        .where('sha256', '=', sha256)
        .execute();
      return { removed: null, failure: error };
    }
    await db.deleteFrom('doomed_objects').where('tenant_id', '=', tenantId).where('sha256', '=', sha256).execute();
    return { removed: doomed };
  });
  if (failure !== undefined) throw failure;
  return removed;
}
