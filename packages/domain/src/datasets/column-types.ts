/** Types of a dataset's columns, in Postgres' spelling. */
export const columnTypes = [
  'boolean',
  'bigint',
  'double precision',
  'numeric',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'uuid',
  'jsonb',
  'text',
] as const;
export type ColumnType = (typeof columnTypes)[number];
