import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';

export const pipelineName = z.string().trim().min(1).max(200).meta({ description: 'Unique in the organization' });
export const pipelineDescription = z.string().max(10_000);
const word = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'lower case letters, digits and _, at most 63');

/** Where rows come from, or go to. */
export const pipelineEnd = z
  .union([z.strictObject({ blockId: z.uuid() }), z.strictObject({ datasetId: z.uuid() })])
  .meta({ id: 'PipelineEnd', description: 'A block of a dataset, or a dataset' });

export const pipelineStep = z.strictObject({
  name: word,
  edgeId: z.uuid(),
  version: z.int().positive().optional().meta({ description: 'Of the edge; the current one if you do not say' }),
  inputs: z
    .record(z.string().max(63), pipelineEnd)
    .optional()
    .meta({ description: 'By port; one that you leave out is fed by the block that the edge is joined to' }),
  output: pipelineEnd.optional().meta({
    description: 'Whose next version the rows become; the block that the edge is joined to if you do not say',
  }),
  retries: z.int().min(0).max(10).default(0).meta({ description: 'How often a failed attempt is tried again' }),
  seconds: z.int().min(1).max(86_400).default(600).meta({ description: 'What an attempt may take' }),
});

export const pipelineSteps = z
  .array(pipelineStep)
  .min(1)
  .max(200)
  .refine((steps) => new Set(steps.map(({ name }) => name)).size === steps.length, 'names a step twice');

export const parameterTypes = ['text', 'number', 'boolean', 'date'] as const;
const parameterValue = z.union([z.string().max(10_000), z.number(), z.boolean()]);

export const pipelineParameters = z
  .array(z.strictObject({ name: word, type: z.enum(parameterTypes), default: parameterValue.optional() }))
  .max(100)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names a parameter twice')
  .meta({ description: 'What a run may be given; a step reads it as its input called parameters' });

export const parameterValues = z.record(z.string().max(63), parameterValue);

/** What Dagster would run it with: an object, kept as it is. */
export const dagsterPipelineConfig = z
  .record(z.string(), z.unknown())
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= 131_072, 'is too large: 128 kB at most')
  .meta({ description: 'Configuration for an engine of Dagster: ops, resources, execution, loggers …' });

const dagsterSections = z.looseObject({
  ops: z.record(z.string(), z.unknown()).optional(),
  resources: z.record(z.string(), z.unknown()).optional(),
  execution: z.record(z.string(), z.unknown()).optional(),
  loggers: z.record(z.string(), z.unknown()).optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
});

/** Throws DomainError invalid for what is no run configuration of Dagster: its sections are objects. */
export function requireDagsterConfig(config: unknown): void {
  const parsed = dagsterSections.nullish().safeParse(config);
  if (!parsed.success)
    throw new DomainError('invalid', 'this is no run configuration of Dagster', {
      field: 'dagsterPipelineConfig',
      issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    });
}

export const mostRunsAtOnce = z.int().min(1).max(100).meta({ description: 'More runs than these wait' });
export const timeoutSeconds = z.int().min(1).max(2_592_000).meta({ description: 'Of a run, from its start' });

export const pipeline = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    ownerId: z.uuid().nullable().meta({ description: 'null: its owner left the organization' }),
    version: z.int().meta({ description: 'The current one' }),
    dagsterPipelineConfig: z.record(z.string(), z.unknown()).nullable(),
    mostRunsAtOnce: z.int(),
    timeoutSeconds: z.int(),
    schedule: z
      .object({
        cron: z.string(),
        timeZone: z.string(),
        scheduledBy: z.uuid(),
        nextRunAt: z.string().nullable(),
        error: z.record(z.string(), z.unknown()).nullable().meta({ description: 'Why the last one was not launched' }),
      })
      .nullable(),
    revision: z.int(),
    createdBy: z.uuid(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Pipeline' });

/** Of the runs that there are: nothing counts them beside. */
export const pipelineStatistics = z
  .object({
    timesRun: z.int().meta({ description: 'Runs that have begun' }),
    succeeded: z.int(),
    failed: z.int(),
    averageRuntime: z.number().nullable().meta({ description: 'In seconds, of those that succeeded' }),
    medianRuntime: z.number().nullable(),
    runtime95: z.number().nullable().meta({ description: 'The 95th percentile' }),
    lastRunAt: z.string().nullable(),
  })
  .meta({ id: 'PipelineStatistics' });

export const pipelineVersion = z
  .object({
    version: z.int(),
    parameters: z.array(
      z.object({
        name: z.string(),
        type: z.enum(parameterTypes),
        default: parameterValue.nullable().meta({ description: 'null: a run has to be given it' }),
      }),
    ),
    steps: z.array(
      z
        .object({
          name: z.string(),
          edgeId: z.uuid(),
          edgeVersion: z.int(),
          dependsOn: z.array(z.string()),
          inputs: z.array(z.object({ port: z.string(), datasetId: z.uuid().nullable(), blockId: z.uuid().nullable() })),
          output: z.object({ datasetId: z.uuid(), blockId: z.uuid().nullable() }),
          retries: z.int(),
          seconds: z.int(),
        })
        .meta({ id: 'PipelineVersionStep' }),
    ),
    digest: z.string(),
    createdBy: z.uuid(),
    createdAt: z.string(),
  })
  .meta({ id: 'PipelineVersion' });
