import type { ColumnType, ExportFormat } from '@granary/domain';
import type { FlowingColumn } from '../writing/protocol.ts';

const parquet: Record<Exclude<ColumnType, 'numeric'>, string> = {
  boolean: 'BOOLEAN',
  bigint: 'INT64',
  'double precision': 'DOUBLE',
  date: 'DATE',
  time: 'TIME (microseconds)',
  timestamp: 'TIMESTAMP (microseconds)',
  timestamptz: 'TIMESTAMP (microseconds, UTC)',
  uuid: 'UUID',
  jsonb: 'JSON',
  text: 'STRING',
};
const arrow: Record<Exclude<ColumnType, 'numeric'>, string> = {
  boolean: 'bool',
  bigint: 'int64',
  'double precision': 'float64',
  date: 'date32[day]',
  time: 'time64[us]',
  timestamp: 'timestamp[us]',
  timestamptz: 'timestamp[us, tz=UTC]',
  uuid: 'fixed_size_binary[16] (arrow.uuid)',
  jsonb: 'utf8 (arrow.json)',
  text: 'utf8',
};

/** How a file spells the type of a column, for its manifest. */
export function storedAs(format: ExportFormat, { type, decimal }: FlowingColumn): string {
  if (format === 'csv') return 'text';
  if (format === 'jsonl') return type === 'jsonb' ? 'any' : jsonType(type);
  if (type !== 'numeric') return format === 'parquet' ? parquet[type] : arrow[type];
  if (!decimal) return format === 'parquet' ? 'STRING' : 'utf8';
  return `${format === 'parquet' ? 'DECIMAL' : 'decimal128'}(${decimal.precision}, ${decimal.scale})`;
}

function jsonType(type: ColumnType): string {
  if (type === 'boolean') return 'boolean';
  return type === 'bigint' || type === 'numeric' || type === 'double precision' ? 'number' : 'string';
}
