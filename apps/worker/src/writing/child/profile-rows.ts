import { rmSync } from 'node:fs';
import path from 'node:path';
import { connectDuck } from '../../reading/duck/connect.ts';
import { identifier, literal } from '../../reading/duck/copy-sql.ts';
import type { WriteRequest } from '../protocol.ts';
import { measureColumn } from './measure-column.ts';
import { copyToParquet, memoryFor } from './write-parquet.ts';

/**
 * The statistics of each column. The rows become a Parquet file first, because a pipe can be read once: afterwards one
 * column at a time is read, as often as its statistics need it.
 */
export async function profileRows({
  fifo,
  skip,
  columns,
  workDirectory,
}: Extract<WriteRequest, { type: 'profile' }>): Promise<{ rows: number; statistics: unknown[] }> {
  const target = path.join(workDirectory, 'profile.parquet');
  // one for the writing and one for the reading: what a database leaves allocated would add up
  const writing = await connectDuck(fifo, workDirectory, memoryFor(columns.length));
  let rows: number;
  try {
    rows = await copyToParquet(writing, { fifo, skip, columns, target });
  } finally {
    writing.close();
  }
  const reading = await connectDuck(target, workDirectory);
  try {
    const statistics: unknown[] = [];
    for (const column of columns) {
      const source = `(select ${identifier(column.name)} as c from read_parquet(${literal(target)}))`;
      statistics.push(await measureColumn(reading.connection, source, column, rows));
    }
    return { rows, statistics };
  } finally {
    reading.close();
    rmSync(target, { force: true });
  }
}
