import { columnTypes } from '@granary/domain/column-types';
import { z } from 'zod';
import { readErrorKinds } from '../reading/read-error.ts';

/** A column as it flows into the writing process. */
export const flowingColumn = z.object({
  name: z.string(),
  originalName: z.string(),
  type: z.enum(columnTypes),
  /** Of numeric: the decimal that holds every value; null where none does (more than 38 digits, NaN). */
  decimal: z.object({ precision: z.int(), scale: z.int() }).nullable(),
});
export type FlowingColumn = z.infer<typeof flowingColumn>;

/** Rows come through `fifo` as Postgres' CSV without a header: `skip` cells that are of no interest, then the columns. */
const flow = {
  id: z.int(),
  fifo: z.string(),
  skip: z.int(),
  columns: z.array(flowingColumn),
  workDirectory: z.string(),
};

export const csvChoice = z.object({
  header: z.enum(['original', 'name', 'none']),
  escapeFormulas: z.boolean(),
  delimiter: z.string(),
  nulls: z.string(),
});

export const writeRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('write'),
    ...flow,
    format: z.enum(['parquet', 'arrow', 'csv', 'jsonl']),
    csv: csvChoice,
    target: z.string(),
  }),
  z.object({ type: z.literal('profile'), ...flow }),
]);
export type WriteRequest = z.infer<typeof writeRequest>;

export const writeMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('done'),
    id: z.int(),
    rows: z.int().min(0),
    /** Of a profile: each column's statistics. */
    statistics: z.array(z.unknown()),
  }),
  z.object({ type: z.literal('failed'), id: z.int(), kind: z.enum(readErrorKinds), message: z.string() }),
]);
export type WriteMessage = z.infer<typeof writeMessage>;
