import type { ColumnType } from '@granary/domain/column-types';

/** How a column of a Parquet file comes to Postgres. */
export interface ParquetMapping {
  readonly type: ColumnType;
  /** Its value as text that Postgres reads; $ stands for the column. */
  readonly value: string;
  /** A condition that no row may meet, or the column becomes text. */
  readonly unless?: string;
}

/** BC, years of five digits and infinity (which has no year): DuckDB and Postgres do not write them alike. */
const outsideYears = '$ is not null and coalesce(year($) not between 1 and 9999, true)';
const unfitJson = (json: string) => `not json_valid(${json}) or contains(${json}, '\\u0000')`;

const exact: Readonly<Record<string, ParquetMapping>> = {
  BOOLEAN: { type: 'boolean', value: '$' },
  TINYINT: { type: 'bigint', value: '$' },
  SMALLINT: { type: 'bigint', value: '$' },
  INTEGER: { type: 'bigint', value: '$' },
  BIGINT: { type: 'bigint', value: '$' },
  UTINYINT: { type: 'bigint', value: '$' },
  USMALLINT: { type: 'bigint', value: '$' },
  UINTEGER: { type: 'bigint', value: '$' },
  UBIGINT: { type: 'numeric', value: '$' },
  HUGEINT: { type: 'numeric', value: '$' },
  UHUGEINT: { type: 'numeric', value: '$' },
  // its exact value: 0.1 as a float is another number than 0.1 as a double
  FLOAT: { type: 'double precision', value: 'cast($ as double)' },
  DOUBLE: { type: 'double precision', value: '$' },
  DATE: { type: 'date', value: '$', unless: outsideYears },
  TIME: { type: 'time', value: '$' },
  TIMESTAMP: { type: 'timestamp', value: '$', unless: outsideYears },
  TIMESTAMP_S: { type: 'timestamp', value: '$', unless: outsideYears },
  TIMESTAMP_MS: { type: 'timestamp', value: '$', unless: outsideYears },
  // Postgres would round what is finer than a microsecond
  TIMESTAMP_NS: { type: 'timestamp', value: 'cast($ as timestamp)', unless: 'epoch_ns($) % 1000 <> 0' },
  'TIMESTAMP WITH TIME ZONE': { type: 'timestamptz', value: '$', unless: outsideYears },
  UUID: { type: 'uuid', value: '$' },
  BLOB: { type: 'text', value: 'lower(hex($))' },
  VARCHAR: { type: 'text', value: '$' },
  JSON: { type: 'jsonb', value: 'cast($ as varchar)', unless: unfitJson('cast($ as varchar)') },
};

const asText: ParquetMapping = { type: 'text', value: 'cast($ as varchar)' };
const asJson: ParquetMapping = {
  type: 'jsonb',
  value: 'cast(to_json($) as varchar)',
  unless: unfitJson('cast(to_json($) as varchar)'),
};

/** The mapping of a type in DuckDB's spelling. */
export function mapParquetType(duckType: string): ParquetMapping {
  const known = exact[duckType];
  if (known) return known;
  if (/^(STRUCT|MAP)\(|\[\d*\]$/.test(duckType)) return asJson;
  return duckType.startsWith('DECIMAL(') ? { type: 'numeric', value: '$' } : asText;
}
