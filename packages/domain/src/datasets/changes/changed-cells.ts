import { z } from 'zod';
import type { ColumnType } from '../column-types.ts';
import { type CellValue, cellValue } from '../row-values.ts';
import { cell, columnType } from '../schema.ts';

/** Cells as dataset_row_changes holds them: text by column. */
export const recordedCells = z.record(z.string(), z.string().nullable()).nullable();

export const shownCells = z.record(z.string(), cell).nullable();

export const whatHappened = z.enum(['inserted', 'updated', 'deleted']);

export const typesOf = (columns: readonly { name: string; type: string }[]): ReadonlyMap<string, ColumnType> =>
  new Map(columns.map(({ name, type }) => [name, columnType.parse(type)]));

/** What a recorded change did to its row, and its cells as a page of rows would have them. */
export function showChange(change: { before: unknown; after: unknown }, typeOf: ReadonlyMap<string, ColumnType>) {
  const before = recordedCells.parse(change.before);
  const after = recordedCells.parse(change.after);
  return {
    what: before === null ? ('inserted' as const) : after === null ? ('deleted' as const) : ('updated' as const),
    before: showCells(before, typeOf),
    after: showCells(after, typeOf),
  };
}

/** The contributor, which a deleted row keeps under the name of no column, is not shown. */
function showCells(
  recorded: z.output<typeof recordedCells>,
  typeOf: ReadonlyMap<string, ColumnType>,
): Record<string, CellValue> | null {
  if (recorded === null) return null;
  return Object.fromEntries(
    Object.entries(recorded).flatMap(([name, text]) => {
      const type = typeOf.get(name);
      return type ? [[name, cellValue(type, text)]] : [];
    }),
  );
}
