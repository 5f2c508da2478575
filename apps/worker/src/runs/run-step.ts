import type { Database, Member } from '@granary/db';
import { DomainError, type Implementation, type JobInput } from '@granary/domain';
import type { Containers } from '../containers/containers.ts';
import { publishVersion } from '../load/publish-version.ts';
import type { Log } from '../log.ts';
import { JobPostponed } from '../queue/job-postponed.ts';
import type { JobContext } from '../queue/start-worker.ts';
import type { SandboxLimits } from '../sql-edge/limits.ts';
import { createEmbeddedEngine } from './embedded-engine.ts';
import type { LaunchedStep, PipelineEngine, StepPhase } from './engine.ts';
import { settleStep } from './settle-step.ts';
import { isOvertaken, stepFailure } from './step-failure.ts';
import {
  type BegunStep,
  beginStep,
  failStep,
  kindOfStep,
  logStep,
  type StepIds,
  startWaitingRuns,
  watchStep,
} from './step-state.ts';

/** Until a worker that does not run containers looks whether its container was taken by one that does. */
const postponedSeconds = 2;

export type RunStep = 'step begun' | StepPhase | 'step publishing' | 'step settled';

export interface RunDependencies {
  readonly database: Database;
  /** Where the folders of sandboxes are made; other users have to be able to go through it. */
  readonly sandboxDirectory: string;
  readonly sandboxLimits: SandboxLimits;
  /** How this worker runs containers, if it does. */
  readonly containers?: Containers | undefined;
  readonly log: Log;
  /** Awaited before each part: where a test stops the process. */
  readonly onStep?: ((step: RunStep, bytes: number) => Promise<void>) | undefined;
}

/**
 * Runs one step of a run: an engine makes its rows, which are published as a version of its dataset in the transaction in which the
 * step succeeds and the next ones begin. Killed at any moment it is begun again, and publishes once.
 */
export async function runStep(
  dependencies: RunDependencies,
  ids: JobInput<'run.step'>,
  context: JobContext,
): Promise<void> {
  await attemptStep(dependencies, ids, context);
  // if that ended a run, or somebody cancelled it, another one may begin
  await startWaitingRuns(dependencies.database);
}

async function attemptStep(
  dependencies: RunDependencies,
  { runId, step }: JobInput<'run.step'>,
  { identity, signal }: JobContext,
): Promise<void> {
  const { database, log } = dependencies;
  const ids = { runId, step };
  const reached = (name: RunStep) => dependencies.onStep?.(name, 0) ?? Promise.resolve();
  let attempt: number | null = null;
  const unwanted = new AbortController();
  let stopWatch = () => {};
  try {
    if (!dependencies.containers && (await kindOfStep(database, identity, ids)) === 'container')
      throw new JobPostponed('another worker runs containers', postponedSeconds);
    const begun = await beginStep(database, identity, ids);
    if (!begun) return log('no step to run', ids);
    ({ attempt } = begun);
    stopWatch = watchStep(database, ids, begun.attempt, () => unwanted.abort());
    await reached('step begun');
    await execute(dependencies, { ids, begun, identity, signal: AbortSignal.any([signal, unwanted.signal]), reached });
    await reached('step settled');
    log('a step succeeded', { ...ids, attempt });
  } catch (cause) {
    if (unwanted.signal.aborted || isOvertaken(cause)) return log('a step was given up', { ...ids, attempt });
    signal.throwIfAborted();
    const failure = stepFailure(cause);
    if (!failure) throw cause;
    await failStep(database, ids, attempt, failure, true);
    log('a step failed', { ...ids, attempt, kind: failure.kind });
  } finally {
    stopWatch();
  }
}

interface Execution {
  readonly ids: StepIds;
  readonly begun: BegunStep;
  readonly identity: Member;
  readonly signal: AbortSignal;
  reached(step: RunStep): Promise<void>;
}

async function execute(dependencies: RunDependencies, execution: Execution): Promise<void> {
  const { database } = dependencies;
  const { ids, begun, identity, signal, reached } = execution;
  signal.throwIfAborted();
  const launched = engineFor(begun.implementation, dependencies).launch(
    { ...begun, ...ids, identity, key: `${ids.runId}/${ids.step}/${begun.attempt}` },
    { reached, log: (message, level) => logStep(database, ids, begun.attempt, message, level) },
  );
  const cancel = () => void launched.cancel().catch(() => {}); // `result` tells
  signal.addEventListener('abort', cancel);
  try {
    if (signal.aborted) cancel();
    await publish(database, execution, launched);
  } finally {
    signal.removeEventListener('abort', cancel);
    await launched.close();
  }
}

async function publish(
  database: Database,
  { ids, begun, identity, signal, reached }: Execution,
  launched: LaunchedStep,
): Promise<void> {
  const { reader, inputs } = await launched.result;
  const version = { identity, datasetId: begun.datasetId, versionId: begun.versionId, mode: 'replace' } as const;
  const published = await publishVersion(database, version, reader, {
    signal,
    onStep: async (step) => {
      if (step === 'publishing') await reached('step publishing');
    },
    onCopied: async () => {},
    settle: (client, rows) => settleStep(client, ids, begun.attempt, rows, inputs),
  });
  if (!published) throw new DomainError('unavailable', 'the version of the step is gone');
}

/** The database launches no run with a step that nothing carries out (`app.require_engine`). */
function engineFor({ kind }: Implementation, dependencies: RunDependencies): PipelineEngine {
  const engines: Record<Implementation['kind'], (() => PipelineEngine) | null> = {
    sql: () => createEmbeddedEngine(dependencies),
    container: () => createEmbeddedEngine(dependencies),
    dagster: null,
  };
  const create = engines[kind];
  if (!create) throw new DomainError('precondition', `no engine for edges of kind ${kind} is connected`, { kind });
  return create();
}
