import { isDeepStrictEqual } from 'node:util';
import type { SystemDb } from '@granary/db';
import { sql } from 'kysely';
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

/** Writes the snapshots of the page's day; returns the plugins of which anything but the time changed. Plugins are locked. */
export async function storeSnapshots(
  db: SystemDb,
  reading: Reading,
  read: ReadonlyMap<string, HeldFields>,
  plugins: ReadonlyMap<string, LockedPlugin>,
): Promise<string[]> {
  const day = reading.capturedAt.toISOString().slice(0, 10);
  const ids = [...plugins.values()].map(({ id }) => id);
  const stored = await db
    .selectFrom('plugin_snapshots')
    .select(snapshotColumns)
    .where('day', '=', day)
    .where(sql<boolean>`plugin_id = any (${ids}::uuid[])`)
    .execute();
  const key = snapshotKey({ ...reading, parserVersion: reading.parser.version });
  const before = new Map(stored.map((row) => [row.plugin_id, row]));
  const merged = [...read].map(([externalId, held]) => {
    const { id } = plugins.get(externalId)!;
    return mergeSnapshot(id, before.get(id), forSnapshot(held, snapshotFields, key), key, reading);
  });
  const touched = merged.filter(({ isTouched }) => isTouched);
  if (touched.length > 0)
    await write(
      db,
      reading.tenantId,
      day,
      touched.map(({ row }) => row),
    );
  return merged.filter(({ isChanged }) => isChanged).map(({ row }) => row.plugin_id);
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

async function write(
  db: SystemDb,
  tenantId: string | null,
  day: string,
  rows: readonly WrittenSnapshot[],
): Promise<void> {
  const columns = sql.join(snapshotColumns.map((column) => sql.ref(column)));
  const updates = sql.join(values.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`));
  await sql`
    insert into plugin_snapshots (tenant_id, day, ${columns})
    select ${tenantId}::uuid, ${day}::date, ${columns}
    from jsonb_populate_recordset(null::plugin_snapshots, ${JSON.stringify(rows)}::jsonb)
    order by plugin_id
    on conflict (plugin_id, day) do update set change = default, ${updates}`.execute(db);
}
