import { z } from 'zod';

const count = z.int().min(0).max(1_000_000_000_000);
const portName = z.string().max(63);

/** What has to be so of the outputs, beside their running at all. */
export const expectations = z.strictObject({
  assertions: z
    .array(z.strictObject({ name: z.string().min(1).max(200), sql: z.string().min(1).max(20_000) }))
    .max(100)
    .default([])
    .meta({ description: 'SELECTs in DuckDB’s dialect, over inputs and outputs by their names, that find no rows' }),
  rows: z
    .array(
      z.strictObject({ output: portName, min: count.nullable().default(null), max: count.nullable().default(null) }),
    )
    .max(64)
    .default([])
    .meta({ description: 'How many rows come out, at least and at most' }),
  schema: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether the columns have to be those of the port, no more and no others' }),
});
export type Expectations = z.output<typeof expectations>;

export const verificationLimits = z.strictObject({
  seconds: z.int().min(1).max(3600).default(60),
  memoryMb: z.int().min(64).max(16_384).default(512),
  outputRows: z.int().min(1).max(100_000_000).default(1_000_000),
  spillMb: z.int().min(0).max(65_536).default(1024),
});
export type VerificationLimits = z.output<typeof verificationLimits>;

const fixture = z.strictObject({
  rows: z
    .array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])))
    .max(1000)
    .meta({ description: 'Rows by column, made up' }),
});

/** What one asks a port to be filled with. */
export const verificationInput = z.union([
  fixture,
  z.strictObject({
    datasetId: z.uuid(),
    version: z.int().positive().optional().meta({ description: 'The current one if you do not say' }),
    sampleRows: z.int().min(1).max(1_000_000).default(1000),
  }),
]);
export type VerificationInput = z.output<typeof verificationInput>;

/** As it is kept: with the version that it was resolved to. */
export const resolvedInput = z.union([
  fixture,
  z.strictObject({ datasetId: z.uuid(), versionId: z.uuid(), sampleRows: z.int() }),
]);
export type ResolvedInput = z.output<typeof resolvedInput>;

export const verification = z
  .object({
    id: z.uuid(),
    edgeId: z.uuid(),
    version: z.int(),
    status: z.enum(['pending', 'passed', 'failed']),
    logs: z.string(),
    expectations,
    limits: verificationLimits,
    inputs: z.record(z.string(), resolvedInput),
    results: z.record(z.string(), z.unknown()).nullable(),
    requestedBy: z.uuid(),
    verifiedAt: z.string().nullable(),
    verifiedBy: z.uuid().nullable(),
    decision: z.enum(['approved', 'rejected']).nullable(),
    decidedBy: z.uuid().nullable(),
    decidedAt: z.string().nullable(),
    decisionNote: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'EdgeVerification' });
