import { rm } from 'node:fs/promises';
import { asSystem, asUser, type Database } from '@granary/db';
import {
  DomainError,
  deliveryMode,
  type JobInput,
  type MasterKeys,
  newColumns,
  type ObjectStore,
  planLimit,
  readingOptions,
  toDomainError,
} from '@granary/domain';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Log } from '../log.ts';
import { forgetOriginal } from '../pseudonyms/forget-original.ts';
import { JobPostponed } from '../queue/job-postponed.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { ReadError } from '../reading/read-error.ts';
import { type Delivery, isHeadCopied, readHeadColumns, requireFit } from './delivery.ts';
import { typesOfHead } from './head-types.ts';
import { LoadProgress } from './load-progress.ts';
import { openOriginal } from './open-original.ts';
import { type PublishStep, publishVersion } from './publish-version.ts';
import { makeWorkDirectory } from './work-directories.ts';

export type LoadStep = 'accepted' | 'detecting' | 'pseudonymising' | PublishStep | 'published';

export interface LoadDependencies {
  readonly database: Database;
  readonly store: ObjectStore;
  /** Without them, files of datasets with identifiers are not loaded. */
  readonly masterKeys?: MasterKeys;
  /** Scratch space; each load has a folder of its own in it, removed afterwards. */
  readonly workDirectory: string;
  readonly maxColumns: number;
  readonly log: Log;
  /** Awaited before each step, and during COPY with the bytes so far: where a test stops the process. */
  readonly onStep?: ((step: LoadStep, bytes: number) => Promise<void>) | undefined;
}

/**
 * Loads the original of a version into a fresh table and publishes it. Runs again from the start after a crash: nothing
 * of a load is visible before its one transaction commits, and the original is kept. A file that cannot be read ends the
 * load with an error for its user; any other failure is thrown, for the queue to try again.
 */
export async function loadDataset(
  dependencies: LoadDependencies,
  { datasetId, versionId }: JobInput<'dataset.load'>,
  { identity, signal }: JobContext,
): Promise<void> {
  const { database, log } = dependencies;
  const step = (name: LoadStep, bytes = 0) => dependencies.onStep?.(name, bytes) ?? Promise.resolve();
  const source = await acceptLoad(database, identity, datasetId, versionId);
  if (!source) {
    // done already, deleted, or no longer to be written by who asked for it, who then is told
    await failLoad(database, versionId, accessLost(), identity.userId);
    await forgetOriginal(dependencies, { tenantId: identity.tenantId, versionId }); // a crash came before that
    log('nothing to load', { versionId });
    return;
  }
  await step('accepted');
  const progress = new LoadProgress(database, versionId, (error) =>
    log('progress was not written', { versionId, error }),
  );
  const workDirectory = await makeWorkDirectory(dependencies.workDirectory);
  try {
    await step('detecting');
    const reader = await openOriginal(dependencies, source, {
      tenantId: identity.tenantId,
      versionId,
      workDirectory,
      keepText: source.mode !== 'replace',
      signal,
      progress,
      adjustTypes: (columns) => (source.mode === 'replace' ? {} : typesOfHead(source, columns)),
      step,
    });
    try {
      if (source.mode !== 'replace') requireFit(source, reader.inspection, dependencies.maxColumns);
      const version = { identity, datasetId, versionId, mode: source.mode };
      const published = await publishVersion(database, version, reader, {
        signal,
        onStep: async (name) => {
          if (name === 'publishing')
            await progress.stop(); // its last write must not wait for our lock on the row
          else progress.report({ phase: name });
          await step(name);
        },
        onCopied: async (bytes, rows) => {
          progress.report({ phase: 'copying', bytesDone: bytes, rowsDone: rows });
          await step('copying', bytes);
        },
      });
      await step('published');
      if (source.options.keepOriginal === false)
        await forgetOriginal(dependencies, { tenantId: identity.tenantId, versionId });
      log(published ? 'loaded' : 'was loaded already', { versionId, rows: reader.inspection.cleanRows });
    } finally {
      await reader.close();
    }
  } catch (cause) {
    const error = isRefusal(cause) ? toDomainError(cause) : cause;
    await progress.stop();
    if (isWaiting(error)) await postponeLoad(database, versionId);
    if (!isFinal(error)) throw error;
    await failLoad(database, versionId, error);
    log('not loaded', { versionId, kind: error.kind });
  } finally {
    await progress.stop();
    await rm(workDirectory, { recursive: true, force: true });
  }
}

/** Between two looks at whether the version that rows are to go into is still being copied. */
const waitSeconds = 3;

/** Whether the rows cannot go in before a job has copied the version that they are meant for. */
const isWaiting = (error: unknown) =>
  error instanceof DomainError && error.kind === 'precondition' && error.details.reason === 'copying';

/** Whether a function of ours said no, as when a plan has no room for the rows. */
const isRefusal = (error: unknown) => error instanceof Error && 'code' in error && String(error.code).startsWith('GR');

/** Whether trying again would end the same way. What is in conflict now may not be so then: another head, a deadlock. */
const isFinal = (error: unknown): error is ReadError | DomainError =>
  error instanceof ReadError
    ? error.kind !== 'crashed'
    : error instanceof DomainError && error.kind !== 'conflict' && error.kind !== 'unavailable';

/** Gives the worker free until there may be a version to go into. Throws JobPostponed. */
async function postponeLoad(database: Database, versionId: string): Promise<never> {
  await asSystem(database, 'load: progress', (db) =>
    db
      .updateTable('dataset_loads')
      .set({ state: 'queued', phase: 'waiting', rows_done: 0, bytes_done: 0, updated_at: sql`now()` })
      .where('version_id', '=', versionId)
      .where('state', 'in', ['queued', 'running'])
      .execute(),
  );
  throw new JobPostponed('the current version is being copied', waitSeconds);
}

/** Reads the version as the job's user, so that a forged or stale job gets nothing, and marks the load as running. */
async function acceptLoad(
  database: Database,
  identity: JobContext['identity'],
  datasetId: string,
  versionId: string,
): Promise<Delivery | null> {
  const version = await asUser(database, identity, 'dataset:write', async (db) => {
    const found = await db
      .selectFrom('dataset_versions')
      .select([
        'original_sha256 as sha256',
        'original_name as fileName',
        'original_bytes as bytes',
        'identifiers',
        'options',
        'mode',
        'key_columns as keyColumns',
        'new_columns as newColumns',
      ])
      .where('tenant_id', '=', identity.tenantId)
      .where('dataset_id', '=', datasetId)
      .where('id', '=', versionId)
      .where('state', '=', 'loading')
      .where(sql<boolean>`app.may_access_dataset(dataset_id, 'write')`)
      .executeTakeFirst();
    if (found?.sha256 == null) return null;
    const mode = deliveryMode.parse(found.mode);
    const source = { ...found, sha256: found.sha256, newColumns: newColumns.parse(found.newColumns), mode };
    if (mode === 'replace') return { ...source, columns: new Map(), mustWait: false };
    const mustWait = await isHeadCopied(db, identity.tenantId, datasetId);
    return { ...source, columns: await readHeadColumns(db, identity.tenantId, datasetId), mustWait };
  });
  if (!version) return null;
  const options = readingOptions.safeParse(version.options);
  if (!options.success) {
    // asked for by a newer program than this one: nothing that the user says may be passed over
    const message = `The reading options of this version mean nothing here: ${z.prettifyError(options.error)}`;
    await failLoad(database, versionId, new ReadError('bad_options', message), identity.userId);
    return null;
  }
  if (version.mustWait) await postponeLoad(database, versionId);
  await asSystem(database, 'load: progress', (db) =>
    db
      .updateTable('dataset_loads')
      .set({
        state: 'running',
        attempt: sql`attempt + 1`,
        started_at: sql`now()`,
        updated_at: sql`now()`,
        rows_done: 0,
        bytes_done: 0,
      })
      .where('version_id', '=', versionId)
      .where('state', 'in', ['queued', 'running'])
      .execute(),
  );
  return { ...version, options: options.data };
}

export const accessLost = () =>
  new DomainError('forbidden', 'the dataset may no longer be written by who asked for this');

/**
 * The end of a load that cannot succeed: its user reads why; the version before it stays current. With `createdBy`, only
 * if that user asked for it: a forged job ends nobody else's load.
 */
export async function failLoad(
  database: Database,
  versionId: string,
  error: ReadError | DomainError,
  createdBy?: string,
): Promise<void> {
  await asSystem(database, 'load: failure', async (db) => {
    const { numUpdatedRows } = await db
      .updateTable('dataset_versions')
      .set({ state: 'failed' })
      .where('id', '=', versionId)
      .where('state', '=', 'loading')
      .$if(createdBy !== undefined, (q) => q.where('created_by', '=', createdBy!))
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await db
      .updateTable('dataset_loads')
      .set({
        state: 'failed',
        phase: 'failed',
        error: JSON.stringify({ kind: error.kind, message: error.message }),
        finished_at: sql`now()`,
        updated_at: sql`now()`,
      })
      .where('version_id', '=', versionId)
      .execute();
    const limit = planLimit.safeParse(error instanceof DomainError ? error.details : {}).data;
    if (limit)
      await sql`select app.note_limit(tenant_id, ${limit.entitlement}, ${limit.requested}::bigint) from dataset_versions
        where id = ${versionId}::uuid`.execute(db);
  });
}
