import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnType } from '@granary/domain/column-types';
import { cellValue, exportedText } from '@granary/domain/row-values';
import type { FlowingColumn } from '../protocol.ts';
import { countBins } from './count-bins.ts';

/** More different values than this are counted approximately: the exact count holds them all in memory. */
const exactValues = 2_000_000;
const topValues = 20;
const quantiles = { p1: 0.01, p5: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95, p99: 0.99 };

type Scale = 'number' | 'time' | 'text' | 'none';
const scales: Record<ColumnType, Scale> = {
  boolean: 'none',
  bigint: 'number',
  'double precision': 'number',
  numeric: 'number',
  date: 'time',
  time: 'time',
  timestamp: 'time',
  timestamptz: 'time',
  uuid: 'none',
  jsonb: 'none',
  text: 'text',
};

/** Statistics of the column `c` of a relation (packages/domain/src/statistics/schema.ts). */
export async function measureColumn(
  connection: DuckDBConnection,
  source: string,
  column: FlowingColumn,
  rows: number,
): Promise<Record<string, unknown>> {
  const one = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson()[0] ?? [];
  const { type } = column;
  const scale = scales[type];
  const shown = (value: unknown) => (typeof value === 'string' ? shownValue(type, value) : null);
  const [values] = await one(`select cast(count(c) as double) from ${source}`);
  const none = {
    rows,
    nulls: rows - Number(values),
    distinct: type === 'jsonb' ? null : { count: 0, approximate: false },
    min: null,
    max: null,
    mean: null,
    stddev: null,
    quantiles: null,
    top: type === 'jsonb' ? null : [],
    topApproximate: false,
    histogram: null,
    lengths: null,
    nonFinite: null,
  };
  if (Number(values) === 0) return none;
  const frequent = type === 'jsonb' ? {} : await countValues(one, source, shown, Number(values));
  if (scale === 'none') return { ...none, ...frequent };
  if (scale === 'text') {
    const [min, max, shortest, longest, mean] = await one(
      `select min(c), max(c), cast(min(length(c)) as double), cast(max(length(c)) as double), avg(length(c)) from ${source}`,
    );
    const lengths = { min: Number(shortest), max: Number(longest), mean: Number(mean) };
    return { ...none, ...frequent, min: shown(min), max: shown(max), lengths };
  }
  // a numeric that fits no decimal flows as text: its range and quantiles are those of the nearest doubles
  const value = type === 'numeric' && !column.decimal ? 'cast(c as double)' : 'c';
  const canBeInfinite = value !== 'c' || type === 'double precision' || (scale === 'time' && type !== 'time');
  const finite = canBeInfinite
    ? `(select ${value} as c from ${source} where c is not null and isfinite(${value}))`
    : `(select c from ${source} where c is not null)`;
  const steps = Object.values(quantiles).join(', ');
  const [min, max, parts, points] = await one(
    `select cast(min(c) as varchar), cast(max(c) as varchar), cast(quantile_disc(c, [${steps}]) as varchar[]), cast(count(*) as double) from ${finite}`,
  );
  const found = Array.isArray(parts) ? parts : [];
  const some = Number(points) > 0;
  return {
    ...none,
    ...frequent,
    min: shown(min),
    max: shown(max),
    ...(scale === 'number' && some && (await moments(one, finite, Number(min), Number(max)))),
    quantiles: some ? Object.fromEntries(Object.keys(quantiles).map((name, at) => [name, shown(found[at])])) : null,
    histogram: some ? await countBins(connection, finite, type) : null,
    nonFinite: canBeInfinite ? await countNonFinite(one, source, value, scale) : null,
  };
}

type One = (sql: string) => Promise<readonly unknown[]>;

async function countValues(one: One, source: string, shown: (value: unknown) => unknown, present: number) {
  const estimate =
    present > exactValues
      ? Number((await one(`select cast(approx_count_distinct(c) as double) from ${source}`))[0])
      : present;
  if (estimate > exactValues) {
    const [top] = await one(
      `select cast(approx_top_k(c, ${topValues}) as varchar[]) from ${source} where c is not null`,
    );
    const values = Array.isArray(top) ? top : [];
    const [counts] = await one(
      `select list({v: v, n: n} order by n desc, v) from (select cast(c as varchar) as v, cast(count(*) as double) as n from ${source} where cast(c as varchar) in (select unnest(${listOf(values)})) group by 1)`,
    );
    return {
      distinct: { count: Math.min(estimate, present), approximate: true },
      top: topOf(counts, shown),
      topApproximate: true,
    };
  }
  const [count, top] = await one(
    `with grouped as materialized (select c, count(*) as n from ${source} where c is not null group by c)
     select (select cast(count(*) as double) from grouped),
       (select list({v: cast(c as varchar), n: cast(n as double)} order by n desc, c)
        from (select c, n from grouped order by n desc, c limit ${topValues}))`,
  );
  return { distinct: { count: Number(count), approximate: false }, top: topOf(top, shown), topApproximate: false };
}

const listOf = (values: readonly unknown[]): string =>
  `[${values.map((value) => `'${String(value).replaceAll("'", "''")}'`).join(', ')}]::varchar[]`;

function topOf(list: unknown, shown: (value: unknown) => unknown): { value: unknown; count: number }[] {
  return (Array.isArray(list) ? list : []).map((entry: Record<'v' | 'n', unknown>) => ({
    value: shown(entry.v),
    count: Number(entry.n),
  }));
}

/** Scaled to at most one where squares would leave the doubles. */
async function moments(one: One, finite: string, min: number, max: number) {
  const largest = Math.max(Math.abs(min), Math.abs(max));
  const unit = largest > 1e100 ? largest : 1;
  const [mean, stddev] = await one(
    `select favg(cast(c as double) / ${unit}), stddev_samp(cast(c as double) / ${unit}) from ${finite}`,
  );
  const scaled = (value: unknown) => (typeof value === 'number' && Number.isFinite(value * unit) ? value * unit : null);
  return { mean: scaled(mean), stddev: scaled(stddev) };
}

async function countNonFinite(one: One, source: string, value: string, scale: Scale) {
  const nan = scale === 'number' ? `count(*) filter (isnan(${value}))` : '0';
  const infinite = (sign: string) =>
    `count(*) filter (cast(${value} as varchar) = '${sign}${scale === 'number' ? 'inf' : 'infinity'}')`;
  const [nans, above, below] = await one(
    `select cast(${nan} as double), cast(${infinite('')} as double), cast(${infinite('-')} as double) from ${source} where c is not null and not isfinite(${value})`,
  );
  return { nan: Number(nans), infinity: Number(above), minusInfinity: Number(below) };
}

const longestText = 200;
const duckWords: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' };

/** A value as DuckDB writes it, in the words of a cell. */
function shownValue(type: ColumnType, text: string): unknown {
  if (type === 'boolean') return text === 'true';
  if (type === 'text')
    return Array.from(text.slice(0, 2 * longestText))
      .slice(0, longestText)
      .join('');
  return cellValue(type, exportedText(type, duckWords[text] ?? text.replace(' (BC)', ' BC')));
}
