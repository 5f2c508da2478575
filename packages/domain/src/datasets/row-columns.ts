import { type Expression, type RawBuilder, sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';
import type { CatalogueColumn, CatalogueVersion } from './catalogue-memory.ts';
import type { ColumnType } from './column-types.ts';

export interface ReferredColumn {
  readonly name: string;
  readonly type: ColumnType | 'rowid';
  readonly chunk: number;
  readonly reference: Expression<unknown>;
}
export type ColumnOf = (name: string) => ReferredColumn;

const namesOf = new WeakMap<CatalogueVersion['columns'], ReadonlyMap<string, CatalogueColumn>>();

/** By name; made once for what the catalogue remembers, since a table may have 20,000 columns and a page few. */
function byNameOf({ columns }: CatalogueVersion): ReadonlyMap<string, CatalogueColumn> {
  const known = namesOf.get(columns);
  if (known) return known;
  const byName = new Map(columns.map((column) => [column.name, column]));
  namesOf.set(columns, byName);
  return byName;
}

/** Looks columns up by name in the catalogue of a version; an unknown one is the caller's error, and says what there is. */
export function columnsOf(version: CatalogueVersion): ColumnOf {
  const byName = byNameOf(version);
  return (name) => {
    if (name === 'rowid') return { name, type: 'rowid', chunk: 0, reference: sql`rowid` };
    const column = byName.get(name);
    if (!column) throw unknownColumn(name, version.columns);
    // unqualified: names are unique over all chunk tables of a version
    return { ...column, reference: sql.ref(column.name) };
  };
}

function unknownColumn(name: string, columns: readonly CatalogueColumn[]): DomainError {
  return new DomainError('invalid', `there is no column ${JSON.stringify(name)}`, {
    column: name,
    columns: columns.slice(0, 100).map((column) => column.name),
  });
}

/** How a value of each type is spelled by a caller. */
export const spelling: Record<Exclude<ColumnType, 'jsonb'> | 'rowid', RegExp> = {
  rowid: /^\d{1,18}$/,
  boolean: /^(true|false|t|f)$/,
  bigint: /^-?\d{1,19}$/,
  'double precision': /^([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|[+-]?infinity)$/i,
  numeric: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  date: /^\d{4,}-\d{2}-\d{2}$/,
  time: /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/,
  timestamp: /^\d{4,}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/,
  timestamptz: /^\d{4,}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  text: /^[^\0]*$/s,
};

/** A caller's value as a parameter of the column's type; what is not spelled like one is the caller's error. */
export function castTo(
  type: ColumnType | 'rowid',
  value: string | number | boolean,
  column: string,
): RawBuilder<unknown> {
  if (type === 'jsonb')
    throw new DomainError('invalid', `${column} holds JSON, which can be tested for null only`, { column });
  const text = String(value);
  if (!spelling[type].test(text)) {
    throw new DomainError('invalid', `${JSON.stringify(text.slice(0, 100))} is not a ${type}, which ${column} is`, {
      column,
      type,
    });
  }
  return sql`cast(${text} as ${sql.raw(type === 'rowid' ? 'bigint' : type)})`;
}
