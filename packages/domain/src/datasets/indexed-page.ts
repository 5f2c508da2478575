import { type RawBuilder, sql } from 'kysely';
import { castBack, comparison, type OrderTerm, orderBy } from './row-order.ts';

export interface IndexedPage {
  /** The indexed column's, and rowid's. */
  readonly terms: readonly [OrderTerm, OrderTerm];
  /** The last row's values of them, in Postgres' text form. */
  readonly last: readonly (string | null)[] | undefined;
  readonly limit: number;
  /** What else the rows must fulfil. */
  readonly conditions: readonly RawBuilder<unknown>[];
  readonly columns: RawBuilder<unknown>;
  readonly tables: RawBuilder<unknown>;
}

/**
 * The rows of a page in the order of an indexed column, wherever it begins, as a table expression: read from the index
 * (column, rowid), forwards or backwards. An index can begin at `(column, rowid) > (…)`, but not at the same said with
 * `or`; and nulls stand at one end of it, where the caller may want the other. So the rows with a value and those without
 * are two reads, of which each takes what is left of the page. An index condition has to be leakproof under row level
 * security: the comparisons of every type are, but numeric's.
 */
export function indexedPage(page: IndexedPage): RawBuilder<unknown> {
  const [{ nulls }] = page.terms;
  const lastValue = page.last?.[0];
  const parts: ('values' | 'nulls')[] = nulls === 'first' ? ['nulls', 'values'] : ['values', 'nulls'];
  // whoever is in the second part has left the first behind
  const left = lastValue === undefined || (lastValue === null) === (nulls === 'first') ? parts : parts.slice(1);
  const [first = 'values', second] = left.map((part) => partOf(page, part));
  if (!second) return sql`(${first})`;
  const { limit } = page;
  return sql`(with first_part as materialized (${first})
    select * from first_part union all
    (select * from (${second}) second_part limit (select ${sql.lit(limit)} - count(*) from first_part)))`;
}

function partOf(page: IndexedPage, part: 'values' | 'nulls'): RawBuilder<unknown> {
  const { terms, last, limit, columns, tables } = page;
  const [term, rowid] = terms;
  const { reference } = term.column;
  const conditions = [sql`${reference} is ${sql.raw(part === 'nulls' ? '' : 'not ')}null`, ...page.conditions];
  const [value, lastRowid] = last ?? [];
  if (value !== undefined && typeof lastRowid === 'string' && (value === null) === (part === 'nulls')) {
    const key = castBack(rowid.column, lastRowid);
    const beyond = comparison(term.direction);
    conditions.push(
      value === null
        ? sql`${rowid.column.reference} ${beyond} ${key}`
        : sql`(${reference}, ${rowid.column.reference}) ${beyond} (${castBack(term.column, value)}, ${key})`,
    );
  }
  // within one part nulls are all or none, so their place may be the one that the index has
  const inIndex = { ...term, nulls: term.direction === 'asc' ? ('last' as const) : ('first' as const) };
  return sql`select ${columns} from ${tables} where ${sql.join(conditions, sql` and `)} order by ${orderBy([inIndex, rowid])} limit ${sql.lit(limit)}`;
}
