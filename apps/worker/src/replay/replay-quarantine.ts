import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Database } from '@granary/db';
import { DomainError, type JobInput, MasterKeys } from '@granary/domain';
import { accessLost } from '../load/load-dataset.ts';
import type { PublishStep } from '../load/publish-version.ts';
import { makeWorkDirectory } from '../load/work-directories.ts';
import type { Log } from '../log.ts';
import { JobPostponed } from '../queue/job-postponed.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { ReadError } from '../reading/read-error.ts';
import { openReader } from '../reading/reader.ts';
import { findReplay, type WantedReplay } from './find-replay.ts';
import { publishReplay } from './publish-replay.ts';
import { recordTableOf } from './record-table-of.ts';
import { openReplayKeys } from './replay-keys.ts';
import { beginReplay, failReplay } from './replay-state.ts';
import { sealedReader, withPseudonymsTableOf } from './sealed-tables.ts';
import { type SpooledRows, spoolRows } from './spool-rows.ts';
import { spoolSealedRows } from './spool-sealed-rows.ts';

export type ReplayStep = 'replaying' | 'pseudonymising' | 'spooled' | PublishStep | 'replayed';

export interface ReplayDependencies {
  readonly database: Database;
  readonly masterKeys?: MasterKeys | undefined;
  readonly workDirectory: string;
  readonly maxColumns: number;
  readonly log: Log;
  /** Awaited before each step: where a test stops the process. */
  readonly onStep?: ((step: ReplayStep, bytes: number) => Promise<void>) | undefined;
}

/**
 * Tries rows of a quarantine again, as the user who asked, and puts those that fit into the dataset. Runs again from the
 * start after a crash: all that it does is done in one transaction. What cannot succeed ends with an error for its user;
 * any other failure is thrown, for the queue to try again.
 */
export async function replayQuarantine(
  dependencies: ReplayDependencies,
  { datasetId, replayId }: JobInput<'dataset.replay'>,
  context: JobContext,
): Promise<void> {
  const { database, log } = dependencies;
  const { identity } = context;
  const wanted = await findReplay(database, identity, datasetId, replayId);
  if (!wanted) {
    // done already, deleted, or no longer to be written by who asked for it, who then is told
    await failReplay(database, replayId, accessLost(), identity.userId);
    return log('nothing to replay', { replayId });
  }
  await beginReplay(database, replayId);
  const workDirectory = await makeWorkDirectory(dependencies.workDirectory);
  try {
    const done = await tryRows(dependencies, wanted, workDirectory, context);
    log(done ? 'replayed' : 'was replayed already', { replayId });
  } catch (error) {
    if (isWaiting(error)) throw new JobPostponed('the current version is being copied', waitSeconds);
    if (!isFinal(error)) throw error;
    await failReplay(database, replayId, error);
    log('not replayed', { replayId, kind: error.kind });
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}

/** Between two looks at whether the version that rows are to go into is still being copied. */
const waitSeconds = 3;

const isWaiting = (error: unknown) =>
  error instanceof DomainError && error.kind === 'precondition' && error.details.reason === 'copying';

/** Whether trying again would end the same way: what is in conflict now, because rows were corrected meanwhile, may not be so then. */
const isFinal = (error: unknown): error is ReadError | DomainError =>
  error instanceof ReadError
    ? error.kind !== 'crashed'
    : error instanceof DomainError && error.kind !== 'conflict' && error.kind !== 'unavailable';

async function tryRows(
  { database, masterKeys = MasterKeys.none, maxColumns, onStep }: ReplayDependencies,
  wanted: WantedReplay,
  workDirectory: string,
  { identity, signal }: JobContext,
): Promise<boolean> {
  const step = (name: ReplayStep) => onStep?.(name, 0) ?? Promise.resolve();
  await step('replaying');
  const asDelivered = recordTableOf(wanted.file);
  const rowsFile = path.join(workDirectory, 'records');
  let spooled: SpooledRows;
  if (wanted.isSealed) {
    const keys = await openReplayKeys({ database, masterKeys }, identity.tenantId, wanted);
    const onRows = () => step('pseudonymising');
    const spooling = { database, identity, wanted, keys, records: asDelivered, signal, onRows };
    spooled = await spoolSealedRows(spooling, rowsFile);
  } else spooled = await spoolRows(database, identity, wanted.replayId, rowsFile, signal);
  const records = wanted.isSealed ? withPseudonymsTableOf(wanted.file, asDelivered) : asDelivered;
  await step('spooled');
  const reader = await openReader({
    path: rowsFile,
    fileName: 'records',
    workDirectory,
    records,
    maxColumns,
    signal,
    onProgress: () => {},
  });
  try {
    const described = wanted.isSealed ? sealedReader(reader, wanted.file) : reader;
    const done = await publishReplay(database, identity, wanted, spooled, described, {
      signal,
      onStep: step,
      onCopied: async () => {},
    });
    await step('replayed');
    return done;
  } finally {
    await reader.close();
  }
}
