import { identifier, literal } from '../../reading/duck/copy-sql.ts';
import type { FlowingColumn } from '../protocol.ts';

/** In the CSV of a row, quotes doubled. A longer row is refused; twice as much is held while they are read. */
const usualLongestRow = 40_000_000;

export interface FlowingRows {
  readonly fifo: string;
  /** Cells at the beginning of each row that are dropped. */
  readonly skip: number;
  readonly columns: readonly FlowingColumn[];
}

/** A SELECT of the rows that come through a pipe as Postgres' CSV, with DuckDB's types of the same meaning. */
export function selectFlowing({ fifo, skip, columns }: FlowingRows, longestRow = usualLongestRow): string {
  const cells = Array.from({ length: skip + columns.length }, (_, index) => `'c${index}':'VARCHAR'`);
  const source = `read_csv(${literal(fifo)}, auto_detect=false, columns={${cells.join(',')}}, header=false, delim=',',
    quote='"', escape='"', strict_mode=true, null_padding=false, allow_quoted_nulls=false, compression='none',
    hive_partitioning=false, new_line='\\n', max_line_size=${longestRow}, buffer_size=${2 * longestRow})`;
  const list = columns.map((column, index) => `${duckValue(`c${index + skip}`, column)} as ${identifier(column.name)}`);
  return `select ${list.join(', ')} from ${source}`;
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
