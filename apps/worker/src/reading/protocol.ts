import { z } from 'zod';
import { dialectOverrides, inspection } from './inspection.ts';
import { readErrorKinds } from './read-error.ts';
import { recordTable } from './records/record-table.ts';

/**
 * What the worker and the reading process say to each other, as JSON: the child works on hostile bytes, so the parent
 * believes nothing of it that does not parse, and never uses v8's serialization, which is not safe against its peer.
 */
export const request = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('inspect'),
    path: z.string(),
    fileName: z.string(),
    workDirectory: z.string(),
    overrides: dialectOverrides,
    /** Rows may have to be located in the text later. */
    keepText: z.boolean().optional(),
    /** The file is no file of a user's, but single rows of one. */
    records: recordTable.optional(),
    limits: z.object({
      columns: z.int(),
      /** Bytes after unpacking. */
      decodedBytes: z.int(),
      /** Bytes of one record; a longer one goes to quarantine. */
      recordBytes: z.int(),
    }),
  }),
  /** Copies will be of so many columns each, one after the other. */
  z.object({ type: z.literal('split'), sizes: z.array(z.int().min(1)).min(1) }),
  z.object({ type: z.literal('copy'), id: z.int(), columns: z.array(z.string()), fifo: z.string() }),
  z.object({ type: z.literal('locate'), rows: z.array(z.int()) }),
]);
export type Request = z.infer<typeof request>;
export type InspectRequest = Extract<Request, { type: 'inspect' }>;

export const phases = ['decoding', 'detecting', 'typing', 'reading'] as const;
export type Phase = (typeof phases)[number];

const failure = z.object({
  kind: z.enum(readErrorKinds),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type Failure = z.infer<typeof failure>;

export const message = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    phase: z.enum(phases),
    bytes: z.number().min(0),
    totalBytes: z.number().min(0),
  }),
  z.object({ type: z.literal('inspected'), inspection }),
  z.object({ type: z.literal('inspectionFailed'), failure }),
  z.object({ type: z.literal('split') }),
  z.object({ type: z.literal('splitFailed'), failure }),
  z.object({ type: z.literal('copied'), id: z.int(), rows: z.int().min(0) }),
  z.object({ type: z.literal('copyFailed'), id: z.int(), failure }),
  z.object({ type: z.literal('located'), rows: z.int().min(0) }),
  z.object({ type: z.literal('locateFailed'), failure }),
]);
export type Message = z.infer<typeof message>;
