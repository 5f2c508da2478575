import { z } from 'zod';
import { dialect, dialectOverrides, inspection } from '../inspection.ts';
import { readErrorKinds } from '../read-error.ts';
import { recordTable } from '../records/record-table.ts';

/** A key of JSON Lines; with the type that its column has where JSON itself says it: "7" is text, {} is jsonb. */
const jsonKey = z.object({ name: z.string(), type: z.enum(['text', 'jsonb']).nullable() });
export type JsonKey = z.infer<typeof jsonKey>;

/** What the process that reads a stream is told, over IPC; the bytes come to its standard input. */
export const streamRequest = z.object({
  overrides: dialectOverrides,
  limits: z.object({ columns: z.int(), decodedBytes: z.int(), recordBytes: z.int() }),
  /** Of a JSON Lines file that was read before, to find them out. */
  keys: z.array(jsonKey).optional(),
  /**
   * The bytes are single rows of a table that is known, each ended by NUL, of which none is a header. What it says of them
   * names their position, from 1: as the first cell of a row, and as the line of one that is unfit.
   */
  records: recordTable.optional(),
});
export type StreamRequest = z.infer<typeof streamRequest>;

/** A value of a row: null where nothing stands, in brackets where it was quoted. */
export type StreamCell = string | null | readonly [quoted: string];

const unfitRow = z.object({
  line: z.int().min(1),
  byteOffset: z.int().min(0),
  raw: z.string(),
  reason: z.string(),
});
export type UnfitRow = z.infer<typeof unfitRow>;

/**
 * What it says, one JSON value a line on its standard output: first `table`, then any number of `rows` and `unfit`, at last
 * `end`; or `failed`. Of JSON Lines whose keys are not known, `end` alone.
 */
export const streamMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('table'),
    /** As in the header; empty where a column has none. */
    names: z.array(z.string()).min(1),
    hasHeader: z.boolean(),
    delimiter: z.string().length(1),
  }),
  z.object({
    type: z.literal('rows'),
    // checked cell by cell where they are used: a schema would cost more than reading them
    rows: z.array(z.unknown()),
  }),
  z.object({ type: z.literal('unfit'), rows: z.array(unfitRow) }),
  z.object({
    type: z.literal('end'),
    format: z.enum(['csv', 'jsonl']),
    dialect: dialect.nullable(),
    container: inspection.shape.container,
    encoding: z.string(),
    bom: z.boolean(),
    inputRows: z.int().min(0),
    cleanRows: z.int().min(0),
    unfitRows: z.int().min(0),
    notes: z.array(z.string()),
    /** Of a JSON Lines file of which they were not known: there was no table yet, and the file is to be read again. */
    keys: z.array(jsonKey).nullable(),
  }),
  z.object({ type: z.literal('failed'), kind: z.enum(readErrorKinds), message: z.string() }),
]);
export type StreamMessage = z.infer<typeof streamMessage>;
export type StreamEnd = Extract<StreamMessage, { type: 'end' }>;
export type StreamTable = Extract<StreamMessage, { type: 'table' }>;
