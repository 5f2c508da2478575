import type { DB, SystemDb } from '@granary/db';
import { type Selectable, sql } from 'kysely';
import { allFields } from './held-fields.ts';
import { fieldColumns } from './plugin-columns.ts';
import type { Reading } from './readings.ts';

const columns = allFields.flatMap((field) => fieldColumns[field]);
const kept = ['id', 'external_id', 'company_id', 'first_seen_at', 'last_seen_at', 'field_times', ...columns] as const;
const names = sql.raw(kept.map((column) => `"${column}"`).join(', '));

export type LockedPlugin = Pick<Selectable<DB['plugins']>, (typeof kept)[number]>;

/**
 * Locks those of the plugins that are known, until the transaction ends. Two pages that name the same plugins wait for each other,
 * and never in a circle.
 */
export const lockPlugins = ({ tenantId, marketplace }: Reading, externalIds: readonly string[]) =>
  sql<LockedPlugin>`
    select ${names} from plugins
    where owner_id = coalesce(${tenantId}::uuid, app.installation_id()) and marketplace = ${marketplace}
      and external_id = any (${externalIds}::text[])
    order by external_id collate "C" for update`;

/** Makes plugins that nobody knew yet; somebody else may do so at the same time. */
export async function makePlugins(db: SystemDb, reading: Reading, externalIds: readonly string[]): Promise<void> {
  await db
    .insertInto('plugins')
    .columns(['tenant_id', 'marketplace', 'external_id', 'state', 'first_seen_at', 'last_seen_at', 'field_times'])
    .expression(
      sql`select ${reading.tenantId}::uuid, ${reading.marketplace}, id, 'available'::app.plugin_state,
        ${reading.capturedAt}::timestamptz, ${reading.capturedAt}::timestamptz, '{}'::jsonb
        from unnest(${externalIds}::text[]) id order by id collate "C"`,
    )
    .onConflict((conflict) => conflict.columns(['owner_id', 'marketplace', 'external_id']).doNothing())
    .execute();
}
