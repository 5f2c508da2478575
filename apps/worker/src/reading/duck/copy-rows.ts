import type { DuckDBConnection } from '@duckdb/node-api';
import type { Inspection } from '../inspection.ts';
import { damagedParquet } from '../parquet/damaged-parquet.ts';
import type { ReadingPlan } from '../reading-plan.ts';
import { literal } from './copy-sql.ts';
import { describeDuckError } from './describe-duck-error.ts';

/** What of a plan says how rows are read. */
export interface RowSource extends Pick<ReadingPlan, 'source' | 'expressions'> {
  readonly inspection: Pick<Inspection, 'columns' | 'format'>;
}

/**
 * Writes the named columns of all clean rows to the FIFO as CSV for Postgres' COPY (NULL bare, '' quoted), in the order of
 * the file. Returns how many rows DuckDB wrote.
 */
export async function copyRows(
  connection: DuckDBConnection,
  plan: RowSource,
  columns: readonly string[],
  fifo: string,
): Promise<number> {
  const expressions = columns.map((name, index) => {
    const expression = plan.expressions.get(name);
    if (expression === undefined) throw new Error(`there is no column ${name}`);
    return `${expression} as o${index}`;
  });
  // alone on a line, an unquoted \. would end Postgres' COPY (before version 18)
  const isText = plan.inspection.columns.some(({ name, type }) => name === columns[0] && type === 'text');
  const forceQuote = columns.length === 1 && isText ? ', force_quote (o0)' : '';
  const target = `${literal(fifo)} (format csv, header false, use_tmp_file false${forceQuote})`;
  try {
    const { rowsChanged } = await connection.run(
      `copy (select ${expressions.join(', ')} from ${plan.source}) to ${target}`,
    );
    return rowsChanged;
  } catch (error) {
    const reason = describeDuckError(error);
    if (plan.inspection.format === 'parquet') throw damagedParquet(reason);
    // the rows were checked one by one: that DuckDB objects to them is a fault of ours
    throw new Error(`DuckDB did not write the rows: ${reason}`);
  }
}
