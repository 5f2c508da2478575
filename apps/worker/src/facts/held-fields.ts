import type { FieldOrigin, ReadPlugin } from '@granary/marketplaces';
import { type Cells, columnsOf, type Field, fieldColumns, type PluginColumn, toColumns } from './plugin-columns.ts';

/** Which reading a field is from. Keys sort as text: by the time of the capture, then of the same capture by the parser's version. */
export type ReadingKey = string;

export interface ReadingId {
  readonly capturedAt: Date;
  readonly captureId: string;
  readonly parserVersion: number;
}

export const readingKey = ({ capturedAt, captureId, parserVersion }: ReadingId): ReadingKey =>
  `${capturedAt.toISOString()}|${captureId}|${String(parserVersion).padStart(6, '0')}`;

/**
 * Within the snapshot of a day: what an archive captured at any time of it comes before what was read live or imported, which it so
 * fills in and never replaces. '-' sorts before every digit.
 */
export const snapshotKey = (reading: ReadingId & { readonly origin: string }): ReadingKey =>
  reading.origin === 'archive' ? `-${readingKey(reading)}` : readingKey(reading);

export interface HeldField {
  readonly key: ReadingKey;
  /** Where on the page; null where that was not said. */
  readonly place: FieldOrigin | null;
  readonly cells: Cells;
}

/** The fields of a plugin that some page had a place for, each from the newest such page. */
export type HeldFields = ReadonlyMap<Field, HeldField>;

export const allFields = Object.keys(fieldColumns).filter((name): name is Field => name in fieldColumns);

const pick = (cells: Cells, columns: readonly PluginColumn[]): Cells =>
  Object.fromEntries(columns.map((column) => [column, cells[column] ?? null]));

const numbers: ReadonlySet<Field> = new Set(['users', 'rating', 'ratingCount', 'sizeBytes']);

/** What one page holds: values, and nulls where it has a place for the field and nothing stood there. */
export function heldBy({ facts, origins }: ReadPlugin, key: ReadingKey): HeldFields {
  const cells = toColumns(facts);
  const isGone = facts.availability.state !== 'available';
  const holds = (field: Field): boolean => {
    if (field === 'availability') return true;
    // a page that says that an item is gone may still name it; numbers on it are not the item's
    if (isGone) return facts[field] !== null && !numbers.has(field);
    return facts[field] !== null || origins[field] !== undefined;
  };
  const held = (field: Field): HeldField => ({
    key,
    place: (field === 'availability' ? null : origins[field]) ?? null,
    cells: pick(cells, fieldColumns[field]),
  });
  return new Map(allFields.filter(holds).map((field) => [field, held(field)]));
}

/** The better first. */
const places: readonly (FieldOrigin | null)[] = ['embedded', 'api', 'meta', 'markup', null];

const weight = (cells: Cells): string => {
  const text = JSON.stringify(cells);
  // of two that one page says, something comes before nothing
  return `${Object.values(cells).every((cell) => cell === null) ? 0 : 1}${text}`;
};

const newer = (a: HeldField, b: HeldField): HeldField => {
  if (a.key !== b.key) return a.key > b.key ? a : b;
  const [ofA, ofB] = [weight(a.cells), weight(b.cells)];
  if (ofA !== ofB) return ofA > ofB ? a : b;
  return places.indexOf(a.place) <= places.indexOf(b.place) ? a : b;
};

/**
 * Of each field the newer. Commutative, associative and idempotent: whatever order pages are read in, and how often, the
 * result is the same.
 */
export function mergeFields(a: HeldFields, b: HeldFields): HeldFields {
  const merged = new Map(a);
  for (const [field, held] of b) {
    const before = merged.get(field);
    merged.set(field, before ? newer(before, held) : held);
  }
  return merged;
}

/**
 * What one page holds for the snapshot of its day, under the key that it has there: only those fields, with only the columns that a snapshot has. Of an item that
 * is gone there are no numbers, also where the same day began with some.
 */
export function forSnapshot(held: HeldFields, fields: readonly Field[], key: ReadingKey): HeldFields {
  const availability = held.get('availability');
  const isGone = availability !== undefined && availability.cells.state !== 'available';
  return new Map(
    fields.flatMap((field) => {
      const found = held.get(field) ?? (isGone && numbers.has(field) ? { cells: {} } : undefined);
      return found
        ? [[field, { key, place: null, cells: pick(found.cells, columnsOf(field, 'snapshot')) }] as const]
        : [];
    }),
  );
}

/** The key of the newest reading among them. */
export const newestKey = (held: HeldFields): ReadingKey =>
  [...held.values()].reduce((newest, { key }) => (key > newest ? key : newest), '');

export const cellsOf = (held: HeldFields): Cells => Object.assign({}, ...[...held.values()].map(({ cells }) => cells));

/** `{ key: [field, …] }`, the key with the place on the page behind it: short, since nearly all fields of a plugin come from one page. */
export type FieldTimes = Readonly<Record<string, readonly Field[]>>;

export function timesOf(held: HeldFields): FieldTimes {
  const times: Record<string, Field[]> = {};
  for (const [field, { key, place }] of [...held].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const from = place === null ? key : `${key}|${place}`;
    times[from] ??= [];
    times[from].push(field);
  }
  return times;
}

/** The inverse: what a row holds. */
export function heldFrom(cells: Cells, times: FieldTimes, of: 'plugin' | 'snapshot'): HeldFields {
  return new Map(
    Object.entries(times).flatMap(([from, fields]) => {
      const place = places.find((each) => each !== null && from.endsWith(`|${each}`)) ?? null;
      const key = place === null ? from : from.slice(0, -place.length - 1);
      return fields.map((field) => [field, { key, place, cells: pick(cells, columnsOf(field, of)) }] as const);
    }),
  );
}
