import type { DB } from '@granary/db';
import type { Selectable } from 'kysely';
import {
  type FieldTimes,
  type HeldFields,
  heldFrom,
  newestKey,
  type ReadingKey,
  snapshotKey,
  timesOf,
} from './held-fields.ts';
import { type Cells, snapshotFields } from './plugin-columns.ts';

export const snapshotColumns = [
  'plugin_id',
  'capture_id',
  'captured_at',
  'parser_name',
  'parser_version',
  'origin',
  'state',
  'users',
  'users_at_least',
  'metric',
  'rating',
  'rating_count',
  'rating_count_at_least',
  'version',
  'pricing_kind',
  'price_amount',
  'price_currency',
  'price_per',
  'older',
] as const;
export type SnapshotRow = Pick<Selectable<DB['plugin_snapshots']>, (typeof snapshotColumns)[number]>;

/** Under this key of `older` stand the fields that no reading of the day had a place for. */
const never = '';

/** Which fields are not from the reading that the row names; null for none. */
export function olderOf(held: HeldFields): FieldTimes | null {
  const { [newestKey(held)]: _, ...older } = timesOf(held);
  const missing = snapshotFields.filter((field) => !held.has(field));
  const all = missing.length > 0 ? { ...older, [never]: missing } : older;
  return Object.keys(all).length > 0 ? all : null;
}

export function heldBySnapshot(row: SnapshotRow, older: FieldTimes | null): HeldFields {
  const key: ReadingKey = snapshotKey({
    origin: row.origin,
    capturedAt: new Date(row.captured_at),
    captureId: row.capture_id,
    parserVersion: row.parser_version,
  });
  const elsewhere = new Set(Object.values(older ?? {}).flat());
  const { [never]: _, ...held } = older ?? {};
  const cells: Cells = row;
  return heldFrom(cells, { ...held, [key]: snapshotFields.filter((field) => !elsewhere.has(field)) }, 'snapshot');
}
