import { connectDuck, type Duck } from '../../reading/duck/connect.ts';
import { identifier, literal } from '../../reading/duck/copy-sql.ts';
import { describeDuckError } from '../../reading/duck/describe-duck-error.ts';
import type { FlowingColumn, WriteRequest } from '../protocol.ts';

/** In the CSV of a row, quotes doubled. A row of more than 40 MB is refused. */
const longestRow = 40_000_000;

/** Rows of the pipe as a Parquet file (zstd), types kept; returns their number. */
export async function writeParquet(request: Extract<WriteRequest, { type: 'write' }>): Promise<number> {
  const { fifo, skip, columns, target, workDirectory } = request;
  const duck = await connectDuck(fifo, workDirectory, memoryFor(columns.length));
  try {
    return await copyToParquet(duck, { fifo, skip, columns, target });
  } finally {
    duck.close();
  }
}

interface ParquetCopy {
  readonly fifo: string;
  readonly skip: number;
  readonly columns: readonly FlowingColumn[];
  readonly target: string;
}

/** DuckDB holds a vector of 2048 values of each column several times: 20,000 columns need 1.3 GB, and reserve more. */
export const memoryFor = (columns: number): string => `${Math.max(512, Math.ceil(columns / 4))}MB`;

export async function copyToParquet(
  { connection }: Duck,
  { fifo, skip, columns, target }: ParquetCopy,
): Promise<number> {
  const cells = Array.from({ length: skip + columns.length }, (_, index) => `'c${index}':'VARCHAR'`);
  const source = `read_csv(${literal(fifo)}, auto_detect=false, columns={${cells.join(',')}}, header=false, delim=',',
    quote='"', escape='"', strict_mode=true, null_padding=false, allow_quoted_nulls=false, compression='none',
    hive_partitioning=false, new_line='\\n', max_line_size=${longestRow}, buffer_size=${2 * longestRow})`;
  const list = columns.map((column, index) => `${duckValue(`c${index + skip}`, column)} as ${identifier(column.name)}`);
  // as many cells in a row group whatever the width: it is held until it is full
  const groupRows = Math.max(2048, Math.min(122_880, Math.floor(4_000_000 / columns.length)));
  try {
    const { rowsChanged } = await connection.run(
      `copy (select ${list.join(', ')} from ${source}) to ${literal(target)}
       (format parquet, compression zstd, row_group_size ${groupRows}, use_tmp_file false)`,
    );
    return rowsChanged;
  } catch (error) {
    throw new Error(`DuckDB did not write the rows: ${describeDuckError(error)}`);
  }
}

/** A cell, which Postgres wrote, as a value of DuckDB's type of the same meaning. */
function duckValue(cell: string, { type, decimal }: FlowingColumn): string {
  switch (type) {
    case 'numeric':
      return decimal ? `cast(${cell} as decimal(${decimal.precision}, ${decimal.scale}))` : cell;
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return `cast(replace(${cell}, ' BC', ' (BC)') as ${type})`; // years before Christ are spelled apart
    case 'jsonb':
      return `cast(${cell} as json)`;
    case 'boolean':
    case 'bigint':
    case 'double precision':
    case 'time':
    case 'uuid':
      return `cast(${cell} as ${type === 'double precision' ? 'double' : type})`;
    case 'text':
      return cell;
  }
}
