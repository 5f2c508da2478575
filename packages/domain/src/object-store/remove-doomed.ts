import { asSystem, type Database } from '@granary/db';
import type { CollectedObject } from './doom-objects.ts';
import type { ObjectKey, ObjectStore } from './object-store.ts';

/**
 * Removes a doomed object from the store, the oldest one unless it is named, while its note is locked: whoever claims it
 * waits and then puts it anew. Null when there is none that nobody else is removing.
 */
export function removeDoomed(
  database: Database,
  store: ObjectStore,
  named?: ObjectKey,
): Promise<CollectedObject | null> {
  return asSystem(database, 'objects: collection', async (db) => {
    const doomed = await db
      .selectFrom('doomed_objects')
      .select(['tenant_id as tenantId', 'sha256', 'bytes'])
      .$if(named !== undefined, (q) => q.where('tenant_id', '=', named!.tenantId).where('sha256', '=', named!.sha256))
      .orderBy('doomed_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!doomed) return null;
    await store.delete(doomed);
    await db
      .deleteFrom('doomed_objects')
      .where('tenant_id', '=', doomed.tenantId)
      .where('sha256', '=', doomed.sha256)
      .execute();
    return doomed;
  });
}
