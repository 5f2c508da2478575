import { query } from '@granary/db';
import { type Compilable, type RawBuilder, sql } from 'kysely';
import type { CatalogueVersion } from '../catalogue-memory.ts';
import type { ColumnType } from '../column-types.ts';
import { columnsOf } from '../row-columns.ts';
import { tablesOf } from '../rows-query.ts';

export interface Comparison {
  readonly from: CatalogueVersion;
  readonly to: CatalogueVersion;
  /** What tells rows apart: columns, the key of a copy's rows, or nothing but all they hold. */
  readonly by: 'columns' | 'rowid' | 'content';
  /** Of both versions, with the same type; only where rows are told apart by columns. */
  readonly keys: readonly string[];
  /** Of both versions, without the keys. */
  readonly columns: readonly { readonly name: string; readonly isRetyped: boolean }[];
}

interface DiffCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

export interface DifferentRow {
  readonly op: 'added' | 'removed' | 'changed';
  /** Where the next page begins. */
  readonly key: readonly string[];
  readonly copies: number;
  readonly before: readonly (string | null)[];
  readonly after: readonly (string | null)[];
  readonly different: readonly boolean[];
}

/** How many rows differ; typed comparisons, in which NaN equals NaN, null equals null and 1.0 equals 1.00. */
export function countDifferences(comparison: Comparison): Compilable<DiffCounts> {
  if (comparison.by === 'content')
    return compiled(sql`select coalesce(sum(n) filter (where n > 0), 0)::float8 as added,
      coalesce(-sum(n) filter (where n < 0), 0)::float8 as removed, 0::float8 as changed from ${contents(comparison)} d`);
  return compiled(sql`select count(*) filter (where a.r is null)::float8 as added, count(*) filter (where b.r is null)::float8 as removed,
    count(*) filter (where a.r is not null and b.r is not null)::float8 as changed
    from ${joined(comparison)} where ${differs(comparison)}`);
}

/** The rows that differ, in the order of their keys, after the row with the key `last`. */
export function selectDifferences(
  comparison: Comparison,
  limit: number,
  last?: readonly (string | null)[],
): Compilable<DifferentRow> {
  return comparison.by === 'content' ? selectContents(comparison, limit, last) : selectJoined(comparison, limit, last);
}

/** Keys that are null or belong to several rows: with them it is not known which row became which. */
export function selectUnfitKeys(
  comparison: Comparison,
  version: CatalogueVersion,
): Compilable<{ readonly key: readonly (string | null)[]; readonly rows: number }> {
  const keys = comparison.keys.map((_, at) => key(at));
  const isNull = keys.map((each) => sql`${each} is null`);
  return compiled(sql`select ${texts(keys)} as key, count(*)::float8 as rows from ${side(comparison, version)} s
    group by ${sql.join(keys)} having count(*) > 1 or ${sql.join(isNull, sql` or `)} limit 5`);
}

function selectJoined(
  comparison: Comparison,
  limit: number,
  last: readonly (string | null)[] | undefined,
): Compilable<DifferentRow> {
  const types = keyTypes(comparison);
  const keys = types.map((_, at) => sql`coalesce(b.${key(at)}, a.${key(at)})`);
  const beyond = last
    ? sql`and (${sql.join(keys)}) > (${sql.join(types.map((type, at) => sql`cast(${last[at] ?? null} as ${sql.raw(type)})`))})`
    : sql``;
  const at = comparison.columns.map((_, index) => cell(index));
  return compiled(sql`select case when a.r is null then 'added' when b.r is null then 'removed' else 'changed' end as op,
    ${texts(keys)} as key, 1::float8 as copies, ${texts(at.map((each) => sql`a.${each}`))} as before,
    ${texts(at.map((each) => sql`b.${each}`))} as after,
    to_jsonb(array[${sql.join(at.map((each) => sql`a.${each} is distinct from b.${each}`))}]::boolean[]) as different
    from ${joined(comparison)} where ${differs(comparison)} ${beyond} order by ${sql.join(keys)} limit ${sql.lit(limit)}`);
}

function selectContents(
  comparison: Comparison,
  limit: number,
  last: readonly (string | null)[] | undefined,
): Compilable<DifferentRow> {
  const [isAdded = null, rowid = null] = last ?? [];
  const beyond = last ? sql`and (n > 0, first) > (cast(${isAdded} as boolean), cast(${rowid} as bigint))` : sql``;
  const cells = texts(comparison.columns.map((_, at) => cell(at)));
  return compiled(sql`select case when n > 0 then 'added' else 'removed' end as op, ${texts([sql`(n > 0)`, sql`first`])} as key,
    abs(n)::float8 as copies, ${cells} as before, ${cells} as after, '[]'::jsonb as different
    from (select *, case when n > 0 then b else a end as first from ${contents(comparison)} d) d
    where n <> 0 ${beyond} order by n > 0, first limit ${sql.lit(limit)}`);
}

/** Each different content once: how many more of it there are now, and the first row of each version that has it. */
function contents(comparison: Comparison): RawBuilder<unknown> {
  const cells = sql.join(comparison.columns.map((_, at) => cell(at)));
  return sql`(select ${cells}, sum(sign) as n, min(r) filter (where sign < 0) as a, min(r) filter (where sign > 0) as b
    from (select s.*, -1 as sign from ${side(comparison, comparison.from)} s
      union all select s.*, 1 from ${side(comparison, comparison.to)} s) both_sides
    group by ${cells} having sum(sign) <> 0)`;
}

function joined(comparison: Comparison): RawBuilder<unknown> {
  const same = keyTypes(comparison).map((_, at) => sql`a.${key(at)} = b.${key(at)}`);
  return sql`${side(comparison, comparison.from)} a full join ${side(comparison, comparison.to)} b on ${sql.join(same, sql` and `)}`;
}

const differs = ({ columns }: Comparison): RawBuilder<unknown> =>
  sql`(${sql.join(
    [sql`a.r is null`, sql`b.r is null`, ...columns.map((_, at) => sql`a.${cell(at)} is distinct from b.${cell(at)}`)],
    sql` or `,
  )})`;

/** A version's rows under names that both sides share; what has two types is compared as text. */
function side({ by, keys, columns }: Comparison, version: CatalogueVersion): RawBuilder<unknown> {
  const columnOf = columnsOf(version);
  const cells = columns.map(({ name, isRetyped }) => ({ ...columnOf(name), isRetyped }));
  const keyColumns = (by === 'rowid' ? ['rowid'] : keys).map(columnOf);
  const list = [
    sql`rowid as r`,
    ...keyColumns.map(({ reference }, at) => sql`${reference} as ${key(at)}`),
    ...cells.map(
      ({ reference, isRetyped }, at) => sql`${reference}${sql.raw(isRetyped ? '::text' : '')} as ${cell(at)}`,
    ),
  ];
  const chunks = new Set([...cells, ...keyColumns].map(({ chunk }) => chunk));
  return sql`(select ${sql.join(list)} from ${tablesOf(version.versionId, chunks)})`;
}

function keyTypes({ by, keys, to }: Comparison): (ColumnType | 'bigint')[] {
  if (by === 'rowid') return ['bigint'];
  const columnOf = columnsOf(to);
  return keys.map((name) => columnOf(name).type).map((type) => (type === 'rowid' ? 'bigint' : type));
}

const key = (at: number): RawBuilder<unknown> => sql.raw(`k${at}`);
const cell = (at: number): RawBuilder<unknown> => sql.raw(`c${at}`);

const texts = (values: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  values.length === 0
    ? sql`'[]'::jsonb`
    : sql`to_jsonb(array[${sql.join(values.map((value) => sql`${value}::text`))}])`;

const compiled = <Row>(builder: RawBuilder<unknown>): Compilable<Row> => {
  const typed = builder.$castTo<Row>();
  return { compile: () => typed.compile(query) };
};
