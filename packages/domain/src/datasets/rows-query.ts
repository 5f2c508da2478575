import { query } from '@granary/db';
import { type Compilable, type RawBuilder, sql } from 'kysely';
import type { CatalogueVersion } from './catalogue-memory.ts';
import { type ColumnOf, columnsOf, type ReferredColumn } from './row-columns.ts';
import type { RowCursor } from './row-cursor.ts';
import { filterToSql, type RowFilter } from './row-filter.ts';
import { after, type OrderTerm, orderBy, orderTerms, type RowOrder } from './row-order.ts';

export interface RowsRequest {
  readonly columns?: readonly string[] | undefined;
  readonly filter?: RowFilter | undefined;
  readonly order: RowOrder;
  readonly limit: number;
  readonly cursor?: RowCursor | undefined;
}

export interface RowsPlan {
  /** Selects rowid, the values of the order's terms, then the `head` columns; one row more than the page. */
  readonly page: Compilable<unknown>;
  readonly terms: readonly OrderTerm[];
  readonly head: readonly ReferredColumn[];
  /** Columns that did not fit into one select list, by groups; each is read by the page's rowids. */
  readonly rest: readonly (readonly ReferredColumn[])[];
  readonly selected: readonly ReferredColumn[];
}

/** A select list holds at most 1664 entries (PostgreSQL, appendix K); a group stays well below. */
const groupSize = 1500;

/** What to ask the database for a page of rows. Throws DomainError invalid for columns or values that do not fit. */
export function planRows(version: CatalogueVersion, request: RowsRequest): RowsPlan {
  const columnOf = columnsOf(version);
  const selected = (request.columns ?? version.columns.map(({ name }) => name)).map(columnOf);
  const terms = orderTerms(request.order, columnOf);
  const [head = [], ...rest] = groupsOf(selected, terms.length);

  const used = new Set([...head, ...terms.map(({ column }) => column)].map(({ chunk }) => chunk));
  const conditions: RawBuilder<unknown>[] = [];
  if (request.filter) conditions.push(sql`${filterToSql(request.filter, tracking(columnOf, used))}`);
  if (request.cursor) conditions.push(sql`${after(terms, request.cursor.last)}`);

  const list = sql.join([...terms.map(({ column }) => column), ...head].map(({ reference }) => reference));
  const where = conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``;
  const page = sql`select ${list} from ${tablesOf(version.versionId, used)} ${where} order by ${orderBy(terms)} limit ${sql.lit(request.limit + 1)}`;
  return { page: compilable(page), terms, head, rest, selected };
}

/** The cells of one group of columns for the rows of a page; the first value of each row is its rowid. */
export function selectByRowids(
  version: CatalogueVersion,
  group: readonly ReferredColumn[],
  rowids: readonly string[],
): Compilable<unknown> {
  const used = new Set(group.map(({ chunk }) => chunk));
  const list = sql.join([sql`rowid`, ...group.map(({ reference }) => reference)]);
  return compilable(
    sql`select ${list} from ${tablesOf(version.versionId, used)} where rowid = any (${rowids}::bigint[])`,
  );
}

/** The chunk tables that hold the used columns, joined by their common key; any one of them where only rowid is used. */
export function tablesOf(versionId: string, used: ReadonlySet<number>): RawBuilder<unknown> {
  const chunks = [...used].filter((chunk) => chunk > 0).sort((a, b) => a - b);
  const [first = 1, ...others] = chunks;
  const table = (chunk: number) => sql`data.${sql.ref(`v_${versionId.replaceAll('-', '')}_p${chunk}`)}`;
  return sql.join([table(first), ...others.map((chunk) => sql`join ${table(chunk)} using (rowid)`)], sql` `);
}

function tracking(columnOf: ColumnOf, used: Set<number>): ColumnOf {
  return (name) => {
    const column = columnOf(name);
    used.add(column.chunk);
    return column;
  };
}

export function compilable(builder: RawBuilder<unknown>): Compilable<unknown> {
  return { compile: () => builder.compile(query) };
}

/** The items in groups that fit into one select list each, with room for `others`. */
export function groupsOf<T>(items: readonly T[], others: number): T[][] {
  const size = groupSize - others;
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
