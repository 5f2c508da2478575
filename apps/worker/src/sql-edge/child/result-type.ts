import type { ColumnType } from '@granary/domain/column-types';
import { SqlEdgeError } from '../sql-edge-error.ts';

/** The type in a dataset of a column of DuckDB's type (as it spells it). Throws SqlEdgeError for bytes, which are no text. */
export function resultType(name: string, duckType: string): ColumnType {
  if (duckType.endsWith(']') || /^(STRUCT|MAP|UNION)\b/.test(duckType)) return 'jsonb';
  if (duckType.startsWith('DECIMAL')) return 'numeric';
  if (duckType.startsWith('ENUM')) return 'text';
  const type = plain[duckType];
  if (!type) {
    throw new SqlEdgeError('unsupported', `The column "${name.slice(0, 100)}" is of type ${duckType.slice(0, 100)}, which no dataset can hold.`); // biome-ignore format: one line
  }
  return type;
}

const plain: Readonly<Record<string, ColumnType>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'bigint',
  SMALLINT: 'bigint',
  INTEGER: 'bigint',
  BIGINT: 'bigint',
  UTINYINT: 'bigint',
  USMALLINT: 'bigint',
  UINTEGER: 'bigint',
  UBIGINT: 'numeric',
  HUGEINT: 'numeric',
  UHUGEINT: 'numeric',
  BIGNUM: 'numeric',
  FLOAT: 'double precision',
  DOUBLE: 'double precision',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  UUID: 'uuid',
  JSON: 'jsonb',
  VARCHAR: 'text',
  INTERVAL: 'text',
  BIT: 'text',
  'TIME WITH TIME ZONE': 'text',
  '"NULL"': 'text',
};
