import { query } from '@granary/db';
import { type Compilable, type RawBuilder, sql } from 'kysely';
import { DomainError } from '../errors/domain-error.ts';
import type { CatalogueVersion } from './catalogue-memory.ts';
import { indexedPage } from './indexed-page.ts';
import { isServed, refuseCostlyOrder } from './order-cost.ts';
import { columnsOf, type ReferredColumn } from './row-columns.ts';
import type { RowCursor } from './row-cursor.ts';
import { filterToSql, type RowFilter } from './row-filter.ts';
import { after, castBack, type OrderTerm, orderBy, orderTerms, type RowOrder } from './row-order.ts';

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
  /** The same without a limit. */
  readonly every: Compilable<unknown>;
  readonly terms: readonly OrderTerm[];
  readonly head: readonly ReferredColumn[];
  /** Columns that did not fit into one select list, by groups; each is read by the page's rowids. */
  readonly rest: readonly (readonly ReferredColumn[])[];
  readonly selected: readonly ReferredColumn[];
  /** Whether an index gives the order, as far as the catalogue knows: every row has to be sorted otherwise. */
  readonly isServed: boolean;
}

/** A select list holds at most 1664 entries (PostgreSQL, appendix K); a group stays well below. */
const groupSize = 1500;

/**
 * What to ask the database for a page of rows. Throws DomainError invalid for columns or values that do not fit, and
 * limit_reached for an order that would sort too many rows.
 */
export function planRows(version: CatalogueVersion, request: RowsRequest): RowsPlan {
  const columnOf = columnsOf(version);
  const selected = (request.columns ?? version.columns.map(({ name }) => name)).map(columnOf);
  const terms = orderTerms(request.order, columnOf);
  const last = request.cursor?.last;
  if (last && last.length !== terms.length) throw new DomainError('invalid', 'the cursor belongs to another order');
  refuseCostlyOrder(version, terms, request.filter !== undefined);
  const [head = [], ...rest] = groupsOf(selected, terms.length);

  // the page is chosen from the tables that decide on it; the others are asked for its rows alone
  const deciding = new Set(terms.map(({ column }) => column.chunk));
  const conditions = request.filter
    ? [
        sql`${filterToSql(request.filter, (name) => {
          const column = columnOf(name);
          deciding.add(column.chunk);
          return column;
        })}`,
      ]
    : [];
  deciding.delete(0);
  if (deciding.size === 0) deciding.add(head.find(({ chunk }) => chunk > 0)?.chunk ?? 1);
  const asked = new Set(head.map(({ chunk }) => chunk).filter((chunk) => chunk > 0 && !deciding.has(chunk)));

  const chosen = [...terms.map(({ column }) => column), ...head].filter(
    ({ chunk }) => chunk === 0 || deciding.has(chunk),
  );
  const columns = sql.join([...new Map(chosen.map(({ name, reference }) => [name, reference])).values()]);
  const limit = request.limit + 1;
  const tables = tablesOf(version.versionId, deciding);
  const rows = choosePage({ version, terms, last, limit, conditions, columns, tables });

  const list = sql.join([...terms.map(({ column }) => column), ...head].map(({ reference }) => reference));
  const page = sql`select ${list} from ${rows} page ${joined(version.versionId, asked)} order by ${orderBy(terms)} limit ${sql.lit(limit)}`;
  const where = conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``;
  const every = sql`select ${list} from ${tables} ${joined(version.versionId, asked)} ${where} order by ${orderBy(terms)}`;
  return {
    page: compilable(page),
    every: compilable(every),
    terms,
    head,
    rest,
    selected,
    isServed: isServed(version, terms),
  };
}

interface PageChoice {
  readonly version: CatalogueVersion;
  readonly terms: readonly OrderTerm[];
  readonly last: readonly (string | null)[] | undefined;
  readonly limit: number;
  readonly conditions: readonly RawBuilder<unknown>[];
  readonly columns: RawBuilder<unknown>;
  readonly tables: RawBuilder<unknown>;
}

/** The rows of the page, as a table expression. */
function choosePage(choice: PageChoice): RawBuilder<unknown> {
  const { version, terms, last, limit, columns, tables } = choice;
  const [term, rowid] = terms;
  if (term && rowid && isServed(version, terms)) {
    if (term.column.type !== 'numeric') return indexedPage({ ...choice, terms: [term, rowid] });
    // a condition on the rows has to be tried on each in their order; without one the page is found by the index
    if (choice.conditions.length === 0) return pageByNumeric(choice, term, rowid);
  }
  const conditions = last ? [...choice.conditions, sql`${after(terms, last)}`] : choice.conditions;
  const where = conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``;
  return sql`(select ${columns} from ${tables} ${where} order by ${orderBy(terms)} limit ${sql.lit(limit)})`;
}

/** numeric's comparisons are not leakproof: a function that asks for access itself reads the index. */
function pageByNumeric(
  { version, last, limit, columns, tables }: PageChoice,
  { column, direction, nulls }: OrderTerm,
  rowid: OrderTerm,
): RawBuilder<unknown> {
  const [value = null, key = null] = last ?? [];
  const lastValue = value === null ? sql`null` : castBack(column, value);
  const lastRowid = key === null ? sql`null` : castBack(rowid.column, key);
  return sql`(select ${columns} from ${tables} where rowid = any ((select app.page_by_numeric(${version.versionId}::uuid,
    ${column.name}, ${direction === 'desc'}, ${nulls === 'first'}, ${lastValue}, ${lastRowid}, ${sql.lit(limit)}))::bigint[]))`;
}

/** The cells of one group of columns for the rows of a page; the first value of each row is its rowid. */
export function selectByRowids(
  version: CatalogueVersion,
  group: readonly ReferredColumn[],
  rowids: readonly string[],
): Compilable<unknown> {
  const used = new Set(group.map(({ chunk }) => chunk).filter((chunk) => chunk > 0));
  if (used.size === 0) used.add(1);
  const list = sql.join([sql`rowid`, ...group.map(({ reference }) => reference)]);
  return compilable(
    sql`select ${list} from ${tablesOf(version.versionId, used)} where rowid = any (${rowids}::bigint[])`,
  );
}

/** Chunk tables, joined by their common key; any one of them where only rowid is used. */
export function tablesOf(versionId: string, chunks: ReadonlySet<number>): RawBuilder<unknown> {
  const [first = 1, ...others] = [...chunks].filter((chunk) => chunk > 0).sort((a, b) => a - b);
  return sql`${table(versionId, first)} ${joined(versionId, new Set(others))}`;
}

const joined = (versionId: string, chunks: ReadonlySet<number>): RawBuilder<unknown> =>
  sql.join(
    [sql``, ...[...chunks].sort((a, b) => a - b).map((chunk) => sql`join ${table(versionId, chunk)} using (rowid)`)],
    sql` `,
  );

const table = (versionId: string, chunk: number): RawBuilder<unknown> =>
  sql`data.${sql.ref(`v_${versionId.replaceAll('-', '')}_p${chunk}`)}`;

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
