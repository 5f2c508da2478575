import { rm } from 'node:fs/promises';
import { type Database, type Member, onMemberSnapshot } from '@granary/db';
import { DomainError, type JobInput } from '@granary/domain';
import { publishVersion } from '../load/publish-version.ts';
import { makeWorkDirectory } from '../load/work-directories.ts';
import type { Log } from '../log.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { conformResult, emptyCells } from '../sql-edge/conform-result.ts';
import type { SandboxLimits } from '../sql-edge/limits.ts';
import { readResult } from '../sql-edge/result-reader.ts';
import { openSandbox, type SqlSandbox } from '../sql-edge/sql-sandbox.ts';
import { fillFromDataset } from './fill-input.ts';
import { fillFromRows } from './fill-rows.ts';
import { isOvertaken, stepFailure } from './step-failure.ts';
import {
  type BegunStep,
  beginStep,
  failStep,
  logStep,
  type StepIds,
  startWaitingRuns,
  watchStep,
} from './step-state.ts';

export type RunStep = 'step begun' | 'step filled' | 'step selected' | 'step publishing' | 'step settled';

export interface RunDependencies {
  readonly database: Database;
  /** Where the folders of sandboxes are made; other users have to be able to go through it. */
  readonly sandboxDirectory: string;
  readonly sandboxLimits: SandboxLimits;
  readonly log: Log;
  /** Awaited before each part: where a test stops the process. */
  readonly onStep?: ((step: RunStep, bytes: number) => Promise<void>) | undefined;
}

const result = 'the result';

/**
 * Runs one step of a run: reads its inputs as who launched the run, in one snapshot; has its SQL run in a process of its own; and
 * publishes what comes as a version of its dataset, in the transaction in which the step succeeds and the next ones begin. Killed
 * at any moment it is begun again, and publishes once.
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
  ids: StepIds,
  { identity, signal }: JobContext,
): Promise<void> {
  const { database, log } = dependencies;
  const reached = (name: RunStep) => dependencies.onStep?.(name, 0) ?? Promise.resolve();
  let attempt: number | null = null;
  const unwanted = new AbortController();
  let stopWatch = () => {};
  try {
    const begun = await beginStep(database, identity, ids);
    if (!begun) return log('no step to run', { ...ids });
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
  const { database, sandboxDirectory, sandboxLimits } = dependencies;
  const { ids, begun, identity, signal, reached } = execution;
  if (begun.seconds < 1) throw new DomainError('limit_reached', 'the time of the run is over');
  const folder = await makeWorkDirectory(sandboxDirectory);
  const limits = { ...sandboxLimits, seconds: Math.min(begun.seconds, sandboxLimits.seconds) };
  const sandbox = await openSandbox(folder, limits, signal);
  const say = (message: string, level?: 'warn') => logStep(database, ids, begun.attempt, message, level);
  try {
    const inputs = await fillInputs(database, sandbox, execution);
    for (const { port, rows, version } of inputs)
      await say(`input ${port}: ${rows} rows${version === null ? '' : ` of version ${version}`}`);
    await reached('step filled');
    await sandbox.lock();
    const selected = await sandbox.select({ sql: begun.sql, into: result });
    const conformed = conformResult(selected, begun.output);
    if (conformed.misfits.length > 0) throw new DomainError('invalid', conformed.misfits.join('; '));
    if (conformed.beside.length > 0) await say(`left out: ${conformed.beside.join(', ')}`, 'warn');
    const empty = emptyCells(result, conformed, begun.output);
    if (empty && (await sandbox.select({ sql: empty, into: 'rows without a value' })).rows > 0)
      throw new DomainError('invalid', 'a column has no value where the port says that it always has one');
    await reached('step selected');
    const version = { identity, datasetId: begun.datasetId, versionId: begun.versionId, mode: 'replace' } as const;
    const reader = await readResult(sandbox, { table: result, rows: selected.rows, columns: conformed.columns });
    const published = await publishVersion(database, version, reader, {
      signal,
      onStep: async (step) => {
        if (step === 'publishing') await reached('step publishing');
      },
      onCopied: async () => {},
      settle: async (client, rows) => {
        await client.query('select app.settle_step($1, $2, $3, $4, $5)', [
          ids.runId,
          ids.step,
          begun.attempt,
          rows,
          JSON.stringify(inputs),
        ]);
      },
    });
    if (!published) throw new DomainError('unavailable', 'the version of the step is gone');
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface ReadInput {
  readonly port: string;
  readonly rows: number;
  readonly versionId: string | null;
  readonly version: number | null;
  readonly changeSet: number | null;
}

/** All inputs in one snapshot. What the run was given is the input called parameters. */
function fillInputs(database: Database, sandbox: SqlSandbox, { begun, identity, signal }: Execution) {
  return onMemberSnapshot(database, identity, 'dataset:read', async (client) => {
    const read: ReadInput[] = [];
    for (const port of begun.ports) {
      const { versionId } = begun.inputs.find((input) => input.port === port.name) ?? {};
      if (versionId) {
        const filled = await fillFromDataset(client, sandbox, { port, versionId, signal });
        read.push({ port: port.name, versionId, ...filled });
      } else {
        const rows = await fillFromRows(sandbox, port, [begun.parameters]);
        read.push({ port: port.name, rows, versionId: null, version: null, changeSet: null });
      }
    }
    return read;
  });
}
