export const sqlEdgeErrorKinds = [
  'invalid_sql',
  'refused',
  'failed',
  'unsupported',
  'too_long',
  'too_much_memory',
  'too_many_rows',
  'too_many_columns',
  'too_much_space',
  'crashed',
] as const;

/**
 * - `invalid_sql`: DuckDB does not understand it, or it names what is not there
 * - `refused`: not one SELECT over the inputs: another statement, several, a function that reaches outside
 * - `failed`: it began, and a value made it fail: a cast, a division, an overflow
 * - `unsupported`: a result that no dataset can hold
 * - `too_long`, `too_much_memory`, `too_many_rows`, `too_many_columns`, `too_much_space`: past a limit; the process is gone
 * - `crashed`: the process died or broke its word; trying again may help
 */
export type SqlEdgeErrorKind = (typeof sqlEdgeErrorKinds)[number];

/** Why the SQL of an edge did not run to its end. The message is for who wrote the SQL. */
export class SqlEdgeError extends Error {
  readonly kind: SqlEdgeErrorKind;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(kind: SqlEdgeErrorKind, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'SqlEdgeError';
    this.kind = kind;
    this.details = details;
  }
}
