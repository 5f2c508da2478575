import type { DB, SystemDb } from '@granary/db';
import { type Selectable, sql } from 'kysely';
import { allFields, type HeldFields } from './held-fields.ts';
import { fieldColumns } from './plugin-columns.ts';
import type { Reading } from './readings.ts';

const columns = allFields.flatMap((field) => fieldColumns[field]);
const kept = ['id', 'external_id', 'company_id', 'first_seen_at', 'last_seen_at', 'field_times', ...columns] as const;

export type LockedPlugin = Pick<Selectable<DB['plugins']>, (typeof kept)[number]>;

/**
 * The plugins that a page names, locked until the transaction ends; those that nobody knew yet are made. Two pages that name
 * the same plugins wait for each other, and never in a circle.
 */
export async function lockPlugins(
  db: SystemDb,
  reading: Reading,
  read: ReadonlyMap<string, HeldFields>,
): Promise<Map<string, LockedPlugin>> {
  const wanted = [...read.keys()];
  const known = await select(db, reading, wanted);
  const unknown = wanted.filter((externalId) => !known.has(externalId));
  if (unknown.length === 0) return known;
  await db
    .insertInto('plugins')
    .columns(['tenant_id', 'marketplace', 'external_id', 'state', 'first_seen_at', 'last_seen_at', 'field_times'])
    .expression(
      sql`select ${reading.tenantId}::uuid, ${reading.marketplace}, id, 'available'::app.plugin_state,
        ${reading.capturedAt}::timestamptz, ${reading.capturedAt}::timestamptz, '{}'::jsonb
        from unnest(${unknown}::text[]) id order by id collate "C"`,
    )
    .onConflict((conflict) => conflict.columns(['owner_id', 'marketplace', 'external_id']).doNothing())
    .execute();
  return select(db, reading, wanted);
}

async function select(
  db: SystemDb,
  { tenantId, marketplace }: Reading,
  externalIds: readonly string[],
): Promise<Map<string, LockedPlugin>> {
  const rows = await db
    .selectFrom('plugins')
    .select(kept)
    .where('owner_id', '=', sql<string>`coalesce(${tenantId}::uuid, app.installation_id())`)
    .where('marketplace', '=', marketplace)
    .where(sql<boolean>`external_id = any (${externalIds}::text[])`)
    .orderBy(sql`external_id collate "C"`)
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.external_id, row]));
}
