import { isDeepStrictEqual } from 'node:util';
import { fieldTimes } from './field-times.ts';
import { cellsOf, type FieldTimes, type HeldFields, heldFrom, mergeFields, timesOf } from './held-fields.ts';
import type { LockedPlugin } from './lock-plugins.ts';
import type { Cells } from './plugin-columns.ts';

export interface MergedPlugin {
  readonly id: string;
  readonly before: LockedPlugin;
  /** Every field that anything is known of. */
  readonly cells: Cells;
  readonly times: FieldTimes;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** Whether a value changed; and whether anything did, be it the time alone. */
  readonly isChanged: boolean;
  readonly isTouched: boolean;
}

/** What is known of a plugin once a page is added to it. */
export function mergePlugin(
  before: LockedPlugin,
  read: HeldFields,
  { capturedAt }: { capturedAt: Date },
): MergedPlugin {
  const cellsBefore: Cells = before;
  const timesBefore = fieldTimes(before.field_times);
  const held = heldFrom(cellsBefore, timesBefore, 'plugin');
  const merged = mergeFields(held, read);
  const cells = cellsOf(merged);
  const times = timesOf(merged);
  const [first, last] = [new Date(before.first_seen_at), new Date(before.last_seen_at)];
  const isSeen = first <= capturedAt && capturedAt <= last;
  const isChanged = !isDeepStrictEqual(cells, cellsOf(held));
  return {
    id: before.id,
    before,
    cells,
    times,
    firstSeenAt: first < capturedAt ? before.first_seen_at : capturedAt.toISOString(),
    lastSeenAt: last > capturedAt ? before.last_seen_at : capturedAt.toISOString(),
    isChanged,
    isTouched: isChanged || !isSeen || !isDeepStrictEqual(times, timesBefore),
  };
}
