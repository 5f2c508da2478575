import { connectDuck, type Duck } from '../../reading/duck/connect.ts';
import { literal } from '../../reading/duck/copy-sql.ts';
import { describeDuckError } from '../../reading/duck/describe-duck-error.ts';
import type { WriteRequest } from '../protocol.ts';
import { type FlowingRows, selectFlowing } from './flowing-rows.ts';

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

interface ParquetCopy extends FlowingRows {
  readonly target: string;
}

/** DuckDB holds a vector of 2048 values of each column several times: 20,000 columns need 1.3 GB, and reserve more. */
export const memoryFor = (columns: number): string => `${Math.max(512, Math.ceil(columns / 4))}MB`;

export async function copyToParquet({ connection }: Duck, { target, ...rows }: ParquetCopy): Promise<number> {
  // as many cells in a row group whatever the width: it is held until it is full
  const groupRows = Math.max(2048, Math.min(122_880, Math.floor(4_000_000 / rows.columns.length)));
  try {
    const { rowsChanged } = await connection.run(
      `copy (${selectFlowing(rows)}) to ${literal(target)}
       (format parquet, compression zstd, row_group_size ${groupRows}, use_tmp_file false)`,
    );
    return rowsChanged;
  } catch (error) {
    throw new Error(`DuckDB did not write the rows: ${describeDuckError(error)}`);
  }
}
