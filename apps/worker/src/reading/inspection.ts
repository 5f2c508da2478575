import { columnTypes } from '@granary/domain/column-types';
import { type ReadingOptions, readingOptions } from '@granary/domain/reading-options';
import { z } from 'zod';

const count = z.int().min(0);

/** Why a column has its type: enough to see what kept it from a better one. */
export const columnEvidence = z.object({
  /** Values that are neither NULL nor an empty string. */
  values: count,
  nulls: count,
  /**
   * Spellings of nothing, most frequent first. `applied`: they are NULL in the table (and among `nulls`) because the user
   * says so, or because they alone kept the column from its type; otherwise they are texts like any other.
   */
  nullSpellings: z.array(z.object({ value: z.string(), count, line: count, applied: z.boolean() })),
  /** Quoted empty strings: '' in a text column, NULL in any other. */
  emptyStrings: count,
  /** How many of the values fit which type; a type that none fits is absent. */
  fits: z.partialRecord(z.enum(columnTypes), count),
  /** For a column that stayed text though most values fit another type: the first values that do not, per spelling. */
  misfits: z.array(z.object({ type: z.enum(columnTypes), value: z.string(), line: count, what: z.string() })),
  /** How dates are written where they are not ISO 8601: they are rewritten exactly. */
  spelling: z.enum(['year-month-day', 'day-month-year', 'month-day-year']).nullable(),
  /** One sentence in plain words. */
  reason: z.string(),
});
export type ColumnEvidence = z.infer<typeof columnEvidence>;

export const inspectedColumn = z.object({
  /** As in the file; empty where the file has no name for it. */
  originalName: z.string(),
  /** Legal (`^[a-z_][a-z0-9_]*$`, at most 63 bytes), unique in the file, none of Postgres' or Granary's own. */
  name: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/),
  type: z.enum(columnTypes),
  evidence: columnEvidence,
});
export type InspectedColumn = z.infer<typeof inspectedColumn>;

export const lineEnds = ['lf', 'crlf', 'cr', 'mixed', 'none'] as const;

export const dialect = z.object({
  /** null: the fields are of fixed width. */
  delimiter: z.string().nullable(),
  /** null: quotes are ordinary characters. */
  quote: z.string().nullable(),
  /** The quote itself (doubled) or a backslash. */
  escape: z.string().nullable(),
  /** Blanks after a delimiter belong to the delimiter. */
  skipInitialSpace: z.boolean(),
  headerRows: z.int().min(0),
  /** Physical lines above the header (or the first row): titles, comments, blank lines. */
  skippedLines: count,
  /** Physical lines below the last row, left out because the user says so. */
  skippedFooterLines: count,
  /** Lines of the body that begin with this and are no rows are skipped and counted. */
  comment: z.string().nullable(),
  /** What becomes of rows with too few fields. */
  ragged: z.enum(['quarantine', 'pad']),
  lineEnd: z.enum(lineEnds),
  /** First and last character of each column of fixed width, as the option `widths` takes them; null: a delimiter parts the fields. */
  widths: z.array(z.tuple([count, count.nullable()])).nullable(),
  /** Where the tables of the file stand, if there are several, and which of them was read, from 1. */
  tables: z.array(z.object({ firstLine: count, lastLine: count })),
  table: count.nullable(),
});
export type Dialect = z.infer<typeof dialect>;

export const inspection = z.object({
  format: z.enum(['csv', 'fixed', 'json', 'jsonl', 'parquet', 'xlsx']),
  /** What the table was packed in, outermost. */
  container: z.enum(['gzip', 'zstd', 'zip']).nullable(),
  /** WHATWG name of the encoding; null where bytes are not text (Parquet, Excel). */
  encoding: z.string().nullable(),
  bom: z.boolean(),
  /**
   * What lines and offsets of quarantined rows count in: the file itself, or, if it is packed or not UTF-8, its text after
   * unpacking and converting to UTF-8.
   */
  offsetsIn: z.enum(['file', 'decoded text']),
  dialect: dialect.nullable(),
  /** JSON Pointer (RFC 6901) to the array that was read, if it is not the whole file. */
  path: z.string().optional(),
  columns: z.array(inspectedColumn),
  /** Counted by a record reader of our own, apart from the one that fills the table. */
  inputRows: count,
  cleanRows: count,
  quarantinedRows: count,
  /** What a user should know: an encoding that was guessed, a preamble skipped, mixed line ends … */
  notes: z.array(z.string()),
});
export type Inspection = z.infer<typeof inspection>;

/** What the user says about a file; it beats detection. Unknown options were refused where they came in, and are left out here. */
export const dialectOverrides = readingOptions.omit({ keepOriginal: true }).strip();
export type DialectOverrides = Omit<ReadingOptions, 'keepOriginal'>;

export const quarantinedRow = z.object({
  /** Physical line on which it begins, from 1. */
  line: z.int().min(1),
  /** Where it begins, from 0 (see `offsetsIn`). */
  byteOffset: count,
  /** At most 64 KiB of it; NUL and bytes that are no UTF-8 are shown as ␀ and �. */
  raw: z.string(),
  reason: z.string(),
  column: z.string().nullable(),
});
export type QuarantinedRow = z.infer<typeof quarantinedRow>;
