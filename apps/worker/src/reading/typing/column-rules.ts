import type { ColumnType } from '@granary/domain/column-types';
import type { ColumnReading, ReadingOptions } from '@granary/domain/reading-options';
import { columnNames } from '../column-names.ts';
import { ReadError } from '../read-error.ts';
import { shorten } from './bounded-text.ts';

/** What the user says of one column. */
export interface ColumnRule {
  /** null: detection decides. */
  readonly type: ColumnType | null;
  /** null: those that are well known. */
  readonly nullValues: readonly string[] | null;
  readonly dateOrder: NonNullable<ColumnReading['dateOrder']> | null;
  readonly decimalSeparator: NonNullable<ColumnReading['decimalSeparator']>;
}

/**
 * The rule of each column, or null if nothing is said of any. Columns are named as Granary names them or, if there is none
 * of that name, as the file does. Throws ReadError `bad_options` for a column that is not there.
 */
export function columnRules(originalNames: readonly string[], options: ReadingOptions): ColumnRule[] | null {
  const { types, columns, nullValues, dateOrder, decimalSeparator } = options;
  if ([types, columns, nullValues, dateOrder, decimalSeparator].every((said) => said === undefined)) return null;
  const find = columnFinder(originalNames);
  const typed = new Map(Object.entries(types ?? {}).map(([key, type]) => [find(key), type]));
  const single = new Map(Object.entries(columns ?? {}).map(([key, reading]) => [find(key), reading]));
  return originalNames.map((_, index) => {
    const own = single.get(index);
    return {
      type: typed.get(index) ?? null,
      nullValues: own?.nullValues ?? nullValues ?? null,
      dateOrder: own?.dateOrder ?? dateOrder ?? null,
      decimalSeparator: own?.decimalSeparator ?? decimalSeparator ?? '.',
    };
  });
}

function columnFinder(originalNames: readonly string[]): (key: string) => number {
  const names = columnNames(originalNames);
  const byName = new Map(names.map((name, index) => [name, index]));
  const byOriginal = new Map<string, number[]>();
  for (const [index, original] of originalNames.entries()) {
    const same = byOriginal.get(original);
    if (same) same.push(index);
    else byOriginal.set(original, [index]);
  }
  return (key) => {
    const named = byName.get(key);
    if (named !== undefined) return named;
    const [only, ...others] = byOriginal.get(key) ?? [];
    const shown = JSON.stringify(shorten(key, 100));
    if (only === undefined) {
      const some = names.slice(0, 20).join(', ') + (names.length > 20 ? ' …' : '');
      throw new ReadError('bad_options', `There is no column ${shown} in the file. Its columns are ${some}.`);
    }
    if (others.length > 0) {
      const which = [only, ...others].slice(0, 10).map((index) => names[index]);
      throw new ReadError('bad_options', `Several columns are called ${shown}. Here they are ${which.join(', ')}.`);
    }
    return only;
  };
}
