import type { ColumnType } from '../datasets/column-types.ts';
import type { Port, PortColumn } from './schema.ts';

/** Why a column of a target port cannot be filled from the source port. */
export type Misfit =
  | { readonly column: string; readonly reason: 'missing'; readonly target: ColumnType }
  | { readonly column: string; readonly reason: 'type'; readonly source: ColumnType; readonly target: ColumnType }
  | { readonly column: string; readonly reason: 'nullable' };

/** Types that hold every value of another one, with what it means. Not text: what was a number is none there. */
const widens: Partial<Readonly<Record<ColumnType, readonly ColumnType[]>>> = {
  bigint: ['numeric'],
  date: ['timestamp'],
};

/**
 * What of a target port does not fit the source port, in the order of the target's columns: it lacks a column, has one of another
 * type, or one that can be empty where the target's cannot. Empty where rows of the source can go into the target. What the source
 * has beside is left out. The same as app.misfits, which refuses arcs that do not fit.
 *
 * @example
 * misfits(
 *   { name: 'rows', columns: [{ name: 'id', type: 'text', nullable: false }] },
 *   { name: 'in', columns: [{ name: 'id', type: 'bigint', nullable: false }] },
 * ); // [{ column: 'id', reason: 'type', source: 'text', target: 'bigint' }]
 */
export function misfits(source: Port, target: Port): Misfit[] {
  const given = new Map(source.columns.map((column) => [column.name, column]));
  return target.columns.flatMap((wanted) => misfitOf(given.get(wanted.name), wanted) ?? []);
}

function misfitOf(given: PortColumn | undefined, { name: column, type: target, nullable }: PortColumn) {
  if (!given) return { column, reason: 'missing', target } as const;
  const { type: source } = given;
  if (source !== target && !widens[source]?.includes(target))
    return { column, reason: 'type', source, target } as const;
  return given.nullable && !nullable ? ({ column, reason: 'nullable' } as const) : undefined;
}
