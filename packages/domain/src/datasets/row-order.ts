import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { type ColumnOf, castTo, type ReferredColumn } from './row-columns.ts';

export const rowOrder = z
  .array(
    z.object({
      column: z.string().max(63),
      direction: z.enum(['asc', 'desc']).default('asc'),
      nulls: z.enum(['first', 'last']).default('last'),
    }),
  )
  .max(20)
  .default([])
  .meta({
    description:
      'Ties are broken by rowid, in the direction of the last column, so that pages neither skip nor repeat a row',
  });
export type RowOrder = z.infer<typeof rowOrder>;

export interface OrderTerm {
  readonly column: ReferredColumn;
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last';
}

/**
 * The order made total: rowid, which is unique, comes last. In the direction of the term before it, so that one index
 * (column, rowid) serves both directions; nothing after it could matter.
 */
export function orderTerms(order: RowOrder, columnOf: ColumnOf): OrderTerm[] {
  const terms: OrderTerm[] = [];
  for (const { column, direction, nulls } of order) {
    const found = columnOf(column);
    if (found.type === 'jsonb')
      throw new DomainError('invalid', `${column} holds JSON, which has no order`, { column });
    terms.push({ column: found, direction, nulls });
    if (found.type === 'rowid') return terms;
  }
  return [...terms, { column: columnOf('rowid'), direction: terms.at(-1)?.direction ?? 'asc', nulls: 'last' }];
}

export function orderBy(terms: readonly OrderTerm[]): RawBuilder<unknown> {
  return sql.join(
    terms.map(({ column, direction, nulls }) =>
      column.type === 'rowid'
        ? sql`${column.reference} ${sql.raw(direction)}` // never null: the key's own order, which its index serves
        : sql`${column.reference} ${sql.raw(direction)} nulls ${sql.raw(nulls)}`,
    ),
  );
}

/**
 * Rows after the given one, in the order of the terms: for some term all terms before it are equal and this one is
 * beyond. `last` holds the last row's values of the terms, in Postgres' text form.
 */
export function after(terms: readonly OrderTerm[], last: readonly (string | null)[]): Expression<SqlBool> {
  const branches = terms.flatMap((term, index) => {
    const further = beyond(term, last[index] ?? null);
    if (!further) return [];
    const equal = terms.slice(0, index).map((earlier, at) => same(earlier, last[at] ?? null));
    return [sql`(${sql.join([...equal, further], sql` and `)})`];
  });
  return sql<SqlBool>`(${sql.join(branches, sql` or `)})`;
}

const same = ({ column }: OrderTerm, value: string | null): Expression<SqlBool> =>
  value === null
    ? sql<SqlBool>`${column.reference} is null`
    : sql<SqlBool>`${column.reference} = ${castBack(column, value)}`;

function beyond({ column, direction, nulls }: OrderTerm, value: string | null): Expression<SqlBool> | null {
  if (value === null) return nulls === 'first' ? sql<SqlBool>`${column.reference} is not null` : null;
  const further = sql<SqlBool>`${column.reference} ${comparison(direction)} ${castBack(column, value)}`;
  return nulls === 'last' && column.type !== 'rowid'
    ? sql<SqlBool>`(${further} or ${column.reference} is null)`
    : further;
}

/** What the next values of a term are to the last one. */
export const comparison = (direction: OrderTerm['direction']): RawBuilder<unknown> =>
  sql.raw(direction === 'asc' ? '>' : '<');

/** A value that Postgres wrote itself, and so is spelled as Postgres spells it ('t', '2026-11-21 10:00:00+00'). */
export const castBack = (column: ReferredColumn, value: string): RawBuilder<unknown> =>
  column.type === 'rowid' ? castTo('rowid', value, 'rowid') : sql`cast(${value} as ${sql.raw(column.type)})`;
