import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';
import type { ListedObject, ObjectStore } from './object-store.ts';

const atOnce = 500;

/**
 * What the store has of this database's organizations, and of the installation itself, and it knows nothing of: left by a crash, or by a database that was
 * set back. What belongs to others is another installation's that uses the same store.
 */
export async function* findOrphans(database: Database, store: ObjectStore): AsyncGenerator<ListedObject[]> {
  let batch: ListedObject[] = [];
  for await (const listed of store.list()) {
    batch.push(listed);
    if (batch.length < atOnce) continue;
    yield await withoutRow(database, batch);
    batch = [];
  }
  yield await withoutRow(database, batch);
}

async function withoutRow(database: Database, listed: readonly ListedObject[]): Promise<ListedObject[]> {
  if (listed.length === 0) return [];
  const keys = JSON.stringify(listed.map(({ tenantId, sha256 }, index) => ({ tenantId, sha256, index })));
  const { rows } = await asSystem(database, 'objects: collection', (db) =>
    sql<{ index: number }>`
      select o.index from jsonb_to_recordset(${keys}::jsonb) as o ("tenantId" uuid, sha256 text, index int)
      where (o."tenantId" = app.installation_id() or exists (select from public.organizations t where t.id = o."tenantId"))
        and not exists (select from public.stored_objects s where s.tenant_id = o."tenantId" and s.sha256 = o.sha256)
        and not exists (select from public.doomed_objects d where d.tenant_id = o."tenantId" and d.sha256 = o.sha256)`.execute(
      db,
    ),
  );
  const missing = new Set(rows.map(({ index }) => index));
  return listed.filter((_, index) => missing.has(index));
}
