import { z } from 'zod';

export const runStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export const stepStates = ['pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped'] as const;

const failure = z.looseObject({ kind: z.string(), message: z.string() });

export const run = z
  .object({
    id: z.uuid(),
    pipelineId: z.uuid(),
    version: z.int().meta({ description: 'Of the pipeline' }),
    state: z.enum(runStates),
    trigger: z.enum(['manual', 'schedule']),
    launchKey: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    requestedBy: z.uuid().meta({ description: 'Whose rights it reads and writes with' }),
    resumes: z.int(),
    error: failure.nullable(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    finishedAt: z.string().nullable(),
  })
  .meta({ id: 'PipelineRun' });
export type Run = z.output<typeof run>;

export const launchedRun = run
  .extend({ isNew: z.boolean().meta({ description: 'false: the key had launched it already' }) })
  .meta({ id: 'LaunchedRun' });

export const runStep = z
  .object({
    name: z.string(),
    state: z.enum(stepStates),
    dependsOn: z.array(z.string()),
    edgeId: z.uuid(),
    edgeVersion: z.int(),
    attempt: z.int(),
    inputs: z.array(
      z.object({
        port: z.string(),
        datasetId: z.uuid().nullable(),
        versionId: z.uuid().nullable().meta({ description: 'null while another step is to make it' }),
      }),
    ),
    datasetId: z.uuid(),
    versionId: z.uuid().nullable().meta({ description: 'What it makes, or made' }),
    rows: z.int().nullable(),
    blockId: z.uuid().nullable().meta({ description: 'Whose next version its rows become; null: of a dataset alone' }),
    blockVersion: z.int().nullable().meta({ description: 'Once it has succeeded' }),
    error: failure.nullable(),
    queuedAt: z.string().nullable(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'RunStep' });

export const runWithSteps = run.extend({ steps: z.array(runStep) }).meta({ id: 'RunWithSteps' });
export type RunWithSteps = z.output<typeof runWithSteps>;

export const runLog = z
  .object({
    step: z.string(),
    number: z.int().meta({ description: 'From 1 in its run, in the order in which they were written' }),
    at: z.string(),
    level: z.enum(['info', 'warn', 'error']),
    message: z.string(),
  })
  .meta({ id: 'RunLog' });
export type RunLog = z.output<typeof runLog>;

export const isOver = (state: Run['state']): boolean => state !== 'queued' && state !== 'running';
