import type { Port } from '@granary/domain';
import type { ColumnType } from '@granary/domain/column-types';
import { columnNames } from '../reading/column-names.ts';
import type { ResultColumn, Selected } from './protocol.ts';

export interface ConformedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** In the result. */
  readonly from: string;
  readonly duckType: string;
}

export interface Conformed {
  /** Those of the port, in its order. */
  readonly columns: readonly ConformedColumn[];
  /** Why a column of the port cannot be filled, in words. */
  readonly misfits: readonly string[];
  /** Columns of the result that the port does not have. */
  readonly beside: readonly string[];
}

/** DuckDB sums integers into these; each value that is none of a bigint fails when it is written. */
const wideIntegers = ['HUGEINT', 'UBIGINT', 'UHUGEINT'];

/** What of a result becomes which column of a port. */
export function conformResult({ columns }: Pick<Selected, 'columns'>, port: Port): Conformed {
  const names = columnNames(columns.map(({ name }) => name));
  const byName = new Map(columns.map((column, index) => [names[index] ?? column.name, column]));
  const conformed: ConformedColumn[] = [];
  const misfits: string[] = [];
  for (const { name, type } of port.columns) {
    const given = byName.get(name);
    if (!given) misfits.push(`the result has no column ${name}`);
    else if (!fits(given, type)) misfits.push(`${name} is ${given.type} (${given.duckType}), and ${type} is wanted`);
    else conformed.push({ name, type, from: given.name, duckType: given.duckType });
  }
  const wanted = new Set(port.columns.map(({ name }) => name));
  return { columns: conformed, misfits, beside: [...byName.keys()].filter((name) => !wanted.has(name)) };
}

const fits = ({ type, duckType }: ResultColumn, wanted: ColumnType): boolean =>
  type === wanted ||
  (type === 'bigint' && wanted === 'numeric') ||
  (type === 'date' && wanted === 'timestamp') ||
  (wanted === 'bigint' && wideIntegers.includes(duckType));

/** SQL that finds rows where a column has no value that has to have one; null where there is none such. */
export function emptyCells(table: string, { columns }: Conformed, port: Port): string | null {
  const needed = port.columns.filter(({ nullable }) => !nullable).map(({ name }) => name);
  const conditions = columns
    .filter(({ name }) => needed.includes(name))
    .map(({ from }) => `"${from.replaceAll('"', '""')}" is null`);
  return conditions.length > 0 ? `select 1 from "${table}" where ${conditions.join(' or ')}` : null;
}
