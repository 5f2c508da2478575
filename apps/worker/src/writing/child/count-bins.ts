import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnType } from '@granary/domain/column-types';

const mostBins = 50;
/** What Date can tell: 100,000,000 days around 1970. */
const mostMilliseconds = 8.64e15;

/**
 * How many of the finite values of `c` lie in which of at most 50 bins of equal width between the least and the greatest.
 * Times are binned by the millisecond. Null where the scale cannot be told in the type's own words.
 */
export async function countBins(
  connection: DuckDBConnection,
  finite: string,
  type: ColumnType,
): Promise<{ edges: (string | number)[]; counts: number[] } | null> {
  const one = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson()[0] ?? [];
  const isTime = type === 'date' || type === 'time' || type === 'timestamp' || type === 'timestamptz';
  const x = isTime ? 'cast(epoch_ms(c) as double)' : 'cast(c as double)';
  const [lowest, highest] = await one(`select min(${x}), max(${x}) from ${finite}`);
  const [min, max] = [Number(lowest), Number(highest)];
  if (!Number.isFinite(min) || !Number.isFinite(max)) return null;
  if (isTime && Math.max(Math.abs(min), Math.abs(max)) > mostMilliseconds) return null;
  const edges = binEdges(min, max, isTime);
  const bins = edges.length - 1;
  const limits = `[${edges.map((edge) => `${edge}::double`).join(', ')}]`;
  // a first guess by division, halved against overflow, and then the edges decide (lists count from 1)
  const guess = `least(${bins - 1}, greatest(0, cast(floor((x / 2 - ${min}::double / 2) / greatest(${max}::double / 2 - ${min}::double / 2, 5e-324) * ${bins}) as integer)))`;
  // where doubles are too sparse for even edges the guess may be far off, so that every edge is looked at
  const isEven = bins === mostBins && max - min > 1e-290 && max - min > 1e-10 * Math.max(Math.abs(min), Math.abs(max));
  const searched = `least(${bins - 1}, greatest(0, len(list_filter(e, edge -> edge <= x)) - 1))`;
  const counted = await connection.runAndReadAll(
    !isEven
      ? `select cast(${searched} as integer) as bin, cast(count(*) as double)
         from (select x, ${limits} as e from (select ${x} as x from ${finite})) group by 1`
      : `select cast(i - (i > 0 and x < e[i + 1])::int + (i < ${bins - 1} and x >= e[i + 2])::int as integer) as bin, cast(count(*) as double)
     from (select x, ${limits} as e, ${guess} as i from (select ${x} as x from ${finite})) group by 1`,
  );
  const counts = Array.from({ length: bins }, () => 0);
  for (const [bin, count] of counted.getRowsJson()) counts[Number(bin)] = Number(count);
  return { edges: isTime ? edges.map((edge) => timeText(type, edge)) : edges, counts };
}

/** Strictly ascending, so that no bin is empty by rounding; of times, in whole milliseconds. */
function binEdges(min: number, max: number, isWhole: boolean): number[] {
  if (!(min < max)) return [min, max];
  const edges = [min];
  for (let index = 1; index < mostBins; index += 1) {
    const part = index / mostBins;
    const edge = min * (1 - part) + max * part;
    const rounded = isWhole ? Math.round(edge) : edge;
    if (rounded > edges.at(-1)! && rounded < max) edges.push(rounded);
  }
  return [...edges, max];
}

function timeText(type: ColumnType, milliseconds: number): string {
  if (type === 'time') {
    const text = new Date(milliseconds % 86_400_000).toISOString().slice(11, 23);
    return milliseconds >= 86_400_000 ? '24:00:00' : text;
  }
  const text = new Date(milliseconds).toISOString();
  if (type === 'date') return text.slice(0, text.indexOf('T'));
  return type === 'timestamptz' ? text : text.slice(0, -1);
}
