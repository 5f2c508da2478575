import { type Expression, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { type ColumnOf, castTo } from './row-columns.ts';

const scalar = z.union([z.string().max(100_000), z.number(), z.boolean()]);
const comparison = z.enum(['eq', 'ne', 'lt', 'lte', 'gt', 'gte']);
const columnName = z.string().max(63);

export type RowFilter =
  | { column: string; op: z.infer<typeof comparison>; value: z.infer<typeof scalar> }
  | { column: string; op: 'in'; values: z.infer<typeof scalar>[] }
  | { column: string; op: 'isNull' | 'isNotNull' }
  | { column: string; op: 'contains' | 'startsWith'; value: string; ignoreCase?: boolean | undefined }
  | { and: RowFilter[] }
  | { or: RowFilter[] }
  | { not: RowFilter };

const leaves = [
  z.object({ column: columnName, op: comparison, value: scalar }),
  z.object({ column: columnName, op: z.literal('in'), values: z.array(scalar).min(1).max(1000) }),
  z.object({ column: columnName, op: z.enum(['isNull', 'isNotNull']) }),
  z.object({
    column: columnName,
    op: z.enum(['contains', 'startsWith']),
    value: z.string().min(1).max(10_000),
    ignoreCase: z.boolean().optional(),
  }),
] as const;

/** A condition on rows: comparisons of columns with values, joined by and, or, not. */
export const rowFilter: z.ZodType<RowFilter, RowFilter> = z
  .lazy(() =>
    z.union([
      ...leaves,
      z.object({ and: z.array(rowFilter).min(1).max(100) }),
      z.object({ or: z.array(rowFilter).min(1).max(100) }),
      z.object({ not: rowFilter }),
    ]),
  )
  .meta({ id: 'RowFilter', description: 'For example {"column":"age","op":"gte","value":18}, or {"and":[…]}' });

const operators = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const maximumDepth = 20;

/** The condition as SQL. Columns come from the catalogue of columns, values as parameters cast to the column's type. */
export function filterToSql(filter: RowFilter, columnOf: ColumnOf, depth = 0): Expression<SqlBool> {
  if (depth > maximumDepth) throw new DomainError('invalid', `filters nest at most ${maximumDepth} deep`);
  const nested = (inner: RowFilter) => filterToSql(inner, columnOf, depth + 1);
  if ('and' in filter) return sql<SqlBool>`(${sql.join(filter.and.map(nested), sql` and `)})`;
  if ('or' in filter) return sql<SqlBool>`(${sql.join(filter.or.map(nested), sql` or `)})`;
  if ('not' in filter) return sql<SqlBool>`(${nested(filter.not)}) is not true`;

  const { reference, type } = columnOf(filter.column);
  switch (filter.op) {
    case 'isNull':
      return sql<SqlBool>`${reference} is null`;
    case 'isNotNull':
      return sql<SqlBool>`${reference} is not null`;
    case 'in':
      return sql<SqlBool>`${reference} in (${sql.join(filter.values.map((value) => castTo(type, value, filter.column)))})`;
    case 'contains':
    case 'startsWith': {
      if (type !== 'text')
        throw new DomainError('invalid', `${filter.op} needs a text column; ${filter.column} is ${type}`);
      const found = filter.ignoreCase
        ? sql`strpos(lower(${reference}), lower(${filter.value}))`
        : sql`strpos(${reference}, ${filter.value})`;
      return filter.op === 'contains' ? sql<SqlBool>`${found} > 0` : sql<SqlBool>`${found} = 1`;
    }
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return sql<SqlBool>`${reference} ${sql.raw(operators[filter.op])} ${castTo(type, filter.value, filter.column)}`;
  }
}
