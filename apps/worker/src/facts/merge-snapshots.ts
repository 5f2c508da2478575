import { isDeepStrictEqual } from 'node:util';
import { type RawBuilder, sql } from 'kysely';
import { fieldTimes } from './field-times.ts';
import {
  cellsOf,
  forSnapshot,
  type HeldFields,
  mergeFields,
  newestKey,
  type ReadingKey,
  snapshotKey,
} from './held-fields.ts';
import type { LockedPlugin } from './lock-plugins.ts';
import { type Cells, snapshotFields } from './plugin-columns.ts';
import type { Reading } from './readings.ts';
import { heldBySnapshot, olderOf, type SnapshotRow, snapshotColumns } from './snapshot-row.ts';

const values = snapshotColumns.filter((column) => column !== 'plugin_id');
const names = sql.raw(snapshotColumns.map((column) => `"${column}"`).join(', '));
const updates = sql.raw(values.map((column) => `"${column}" = excluded."${column}"`).join(', '));

/** The snapshots that there are of the page's day. */
export const snapshotsOfDay = ({ tenantId, marketplace, capturedAt }: Reading, externalIds: readonly string[]) =>
  sql<SnapshotRow>`
    select ${names} from plugin_snapshots where day = ${dayOf(capturedAt)}::date
      and plugin_id = any (array(select p.id from plugins p
        where p.owner_id = coalesce(${tenantId}::uuid, app.installation_id()) and p.marketplace = ${marketplace}
          and p.external_id = any (${externalIds}::text[])))`;

const dayOf = (instant: Date) => instant.toISOString().slice(0, 10);

/**
 * What writes the snapshots of the page's day, which are `stored` so far, and the plugins of which anything but the time changes.
 * Plugins are locked.
 */
export function mergeSnapshots(
  reading: Reading,
  read: ReadonlyMap<string, HeldFields>,
  plugins: ReadonlyMap<string, LockedPlugin>,
  stored: readonly SnapshotRow[],
): { readonly statements: readonly RawBuilder<unknown>[]; readonly changed: readonly string[] } {
  const key = snapshotKey({ ...reading, parserVersion: reading.parser.version });
  const before = new Map(stored.map((row) => [row.plugin_id, row]));
  const merged = [...read].map(([externalId, held]) => {
    const { id } = plugins.get(externalId)!;
    return mergeSnapshot(id, before.get(id), forSnapshot(held, snapshotFields, key), key, reading);
  });
  const touched = merged.filter(({ isTouched }) => isTouched).map(({ row }) => row);
  return {
    statements: touched.length > 0 ? [write(reading, touched)] : [],
    changed: merged.filter(({ isChanged }) => isChanged).map(({ row }) => row.plugin_id),
  };
}

function mergeSnapshot(
  pluginId: string,
  before: SnapshotRow | undefined,
  read: HeldFields,
  key: ReadingKey,
  reading: Reading,
) {
  const held: HeldFields = before ? heldBySnapshot(before, fieldTimes(before.older)) : new Map();
  const merged = mergeFields(held, read);
  const isNewest = newestKey(merged) === key;
  const own = { capture_id: reading.captureId, captured_at: reading.capturedAt.toISOString() };
  const parser = { parser_name: reading.parser.name, parser_version: reading.parser.version, origin: reading.origin };
  const from = isNewest || !before ? { ...own, ...parser } : before;
  const row: WrittenSnapshot = {
    ...empty,
    ...cellsOf(merged),
    ...pickFrom(from),
    plugin_id: pluginId,
    older: olderOf(merged),
  };
  return {
    row,
    isChanged: !before || !isDeepStrictEqual(cellsOf(held), cellsOf(merged)),
    isTouched: !before || !isDeepStrictEqual(held, merged),
  };
}

type WrittenSnapshot = Cells & From & { readonly plugin_id: string; readonly older: unknown };
type From = Pick<SnapshotRow, 'capture_id' | 'captured_at' | 'parser_name' | 'parser_version' | 'origin'>;
const pickFrom = ({ capture_id, captured_at, parser_name, parser_version, origin }: From): From => ({
  capture_id,
  captured_at,
  parser_name,
  parser_version,
  origin,
});

const empty = {
  state: 'available',
  users: null,
  users_at_least: null,
  metric: null,
  rating: null,
  rating_count: null,
  rating_count_at_least: null,
  version: null,
  pricing_kind: null,
  price_amount: null,
  price_currency: null,
  price_per: null,
} as const;

const write = ({ tenantId, capturedAt }: Reading, rows: readonly WrittenSnapshot[]) => sql`
  insert into plugin_snapshots (tenant_id, day, ${names})
  select ${tenantId}::uuid, ${dayOf(capturedAt)}::date, ${names}
  from jsonb_populate_recordset(null::plugin_snapshots, ${JSON.stringify(rows)}::jsonb)
  order by plugin_id
  on conflict (plugin_id, day) do update set change = default, ${updates}`;
