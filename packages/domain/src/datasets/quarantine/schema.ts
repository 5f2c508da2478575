import { z } from 'zod';
import { columnReading } from '../reading-options.ts';

/** What people decided about a quarantined row. */
export const quarantineState = z.enum(['open', 'dismissed', 'replayed']).meta({
  description:
    'open: to be looked at; dismissed: left in quarantine on purpose; replayed: it is in the dataset, and counts as loaded',
});

export const rowNumber = z.int().min(1).max(Number.MAX_SAFE_INTEGER).meta({ description: 'As the listing has it' });
export const reviewRevision = z.int().min(0).max(999_999_999).meta({
  description: 'The decisions about the row that you saw, as the listing has it; without it, whatever was decided',
});

/** Postgres holds no NUL in a text. */
export const text = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\0]*$/);

export const mostCorrection = 1_000_000;

export const quarantinedRow = z
  .object({
    number: z.int(),
    line: z.int().meta({ description: 'Physical line in the file, from 1' }),
    byteOffset: z.int().meta({ description: 'In the decoded text' }),
    raw: z.string().meta({ description: 'Empty where it was not kept, or is sealed and not for the caller' }),
    sealed: z.boolean().meta({
      description: 'Kept encrypted: it may hold what identifies people; who administers the dataset reads it',
    }),
    reason: z.string().meta({ description: 'What the load said, or the replay that tried it last' }),
    column: z.string().nullable(),
    state: quarantineState,
    revision: z.int().meta({ description: 'Counts the decisions about the row' }),
    correction: z.string().nullable().meta({
      description: 'What a replay reads instead of `raw`; empty where it is sealed and not for the caller',
    }),
    correctedBy: z.uuid().nullable(),
    correctedAt: z.string().nullable(),
    dismissal: z.string().nullable().meta({ description: 'Why it was dismissed' }),
    dismissedBy: z.uuid().nullable(),
    dismissedAt: z.string().nullable(),
    replayedInto: z
      .object({ version: z.int(), changeSet: z.int() })
      .nullable()
      .meta({ description: 'Where it went; null also where that version is gone' }),
  })
  .meta({ id: 'QuarantinedRow' });

/** By what the column and reason are that hold now. */
export const quarantineFilter = {
  column: text(63).optional().meta({ description: 'Only rows that did not fit because of this column' }),
  reason: text(1000).optional().meta({ description: 'Only rows whose reason contains this' }),
  state: quarantineState.optional().meta({ description: 'Only these; otherwise all that are in quarantine' }),
};
export type QuarantineFilter = Readonly<{
  column?: string | undefined;
  reason?: string | undefined;
  state?: z.infer<typeof quarantineState> | undefined;
}>;

/** Whose quarantine a decision is about: by number, because rows are numbered within it. */
export const quarantineOf = {
  datasetId: z.uuid(),
  version: z.int().positive().max(999_999_999).meta({ description: 'The version whose quarantine it is' }),
};

/** Rows that somebody decides about, as they saw them. */
export const reviewedRows = z
  .array(z.object({ number: rowNumber, revision: reviewRevision.optional() }))
  .min(1)
  .max(1000);

export const reviewResult = z
  .object({
    changed: z.int().meta({ description: 'How many were not so already' }),
    rows: z.array(z.object({ number: z.int(), revision: z.int(), state: quarantineState })),
  })
  .meta({ id: 'ReviewResult' });

/** Which rows a replay tries, and how they are read. */
export const replayRequest = z.object({
  rows: z
    .enum(['corrected', 'all'])
    .default('corrected')
    .meta({ description: 'Of those that are open: only corrected ones, or all, for example with other `nullValues`' }),
  column: quarantineFilter.column,
  reason: quarantineFilter.reason,
  options: columnReading
    .extend({ columns: z.record(z.string().max(10_000), columnReading).optional() })
    .optional()
    .meta({ description: 'Beats what the load was told; the types are those of the dataset' }),
});
export type ReplayRequest = z.infer<typeof replayRequest>;

export const replay = z
  .object({
    id: z.uuid(),
    datasetId: z.uuid(),
    version: z.int().meta({ description: 'Whose quarantine it is' }),
    state: z.enum(['queued', 'running', 'ready', 'failed']),
    replayed: z.int().nullable().meta({ description: 'Rows that are in the dataset now' }),
    refused: z.int().nullable().meta({ description: 'Rows that still do not fit, and why stands in the quarantine' }),
    into: z
      .object({ version: z.int(), changeSet: z.int() })
      .nullable()
      .meta({ description: 'What they became a part of; null where there were none' }),
    error: z.object({ message: z.string(), kind: z.string() }).nullable(),
    createdBy: z.uuid(),
    createdAt: z.string(),
    finishedAt: z.string().nullable(),
  })
  .meta({ id: 'Replay' });
