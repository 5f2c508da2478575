import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Database } from '@granary/db';
import { claimObject, DomainError, type JobInput, type ObjectStore, toDomainError } from '@granary/domain';
import { makeWorkDirectory } from '../load/work-directories.ts';
import type { Log } from '../log.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { ReadError } from '../reading/read-error.ts';
import { openWriter } from '../writing/writer.ts';
import { ExportProgress, failExport, finishExport, removeExpiredExports } from './export-state.ts';
import { findExport } from './find-export.ts';
import { writeExport } from './write-export.ts';

export type ExportStep = 'exporting' | 'rows' | 'storing' | 'stored';

export interface ExportDependencies {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly workDirectory: string;
  /** How long a result is kept. */
  readonly exportHours: number;
  readonly log: Log;
  /** Awaited before each step: where a test stops the process. */
  readonly onStep?: ((step: ExportStep, bytes: number) => Promise<void>) | undefined;
}

/**
 * Writes the file of an export as the user who asked for it, and puts it into the object store. Runs again from the start
 * after a crash; nothing of it is seen before it is whole. What cannot succeed ends with an error for its user, everything
 * else is thrown, for the queue to try again.
 */
export async function exportDataset(
  dependencies: ExportDependencies,
  { datasetId, exportId }: JobInput<'dataset.export'>,
  { identity, signal }: JobContext,
): Promise<void> {
  const { database, store, log } = dependencies;
  const step = (name: ExportStep) => dependencies.onStep?.(name, 0) ?? Promise.resolve();
  await removeExpiredExports(database);
  const workDirectory = await makeWorkDirectory(dependencies.workDirectory);
  const writer = openWriter(workDirectory, signal);
  const progress = new ExportProgress(database, exportId);
  try {
    const found = await findExport(database, identity, datasetId, exportId);
    if (!found) throw accessLost();
    await progress.begin();
    await step('exporting');
    const target = path.join(workDirectory, 'result');
    const written = await writeExport(database, identity, found, {
      writer,
      target,
      signal,
      onRows: (rows) => progress.report(rows),
    });
    await step('rows');
    const hash = createHash('sha256');
    await pipeline(createReadStream(target), hash, { signal });
    const [sha256, { size: bytes }] = [hash.digest('hex'), await stat(target)];
    // the snapshot did not see what was taken back meanwhile
    if (!(await findExport(database, identity, datasetId, exportId))) throw accessLost();
    await step('storing');
    const claim = await claimObject(database, identity, { sha256, bytes });
    await store.putFile({ tenantId: identity.tenantId, sha256 }, target);
    await step('stored');
    const manifest = { ...written.manifest, bytes, sha256 };
    await progress.stop();
    await finishExport(database, { tenantId: identity.tenantId, exportId, claim }, manifest, dependencies.exportHours);
    log('exported', { exportId, format: manifest.format, rows: manifest.rows, bytes });
  } catch (error) {
    await progress.stop();
    const reason = error instanceof ReadError ? error : toDomainError(error);
    const isFinal =
      (reason instanceof ReadError && reason.kind !== 'crashed') ||
      (reason instanceof DomainError && reason.kind !== 'unavailable' && reason.kind !== 'conflict');
    if (!isFinal) throw error;
    // what may no longer be read is, for who asked, forbidden: they knew that it was there
    const told = reason.kind === 'not_found' ? accessLost() : reason;
    await failExport(database, exportId, told, identity.userId);
    log('not exported', { exportId, kind: told.kind });
  } finally {
    await writer.close();
    await rm(workDirectory, { recursive: true, force: true });
  }
}

const accessLost = () => new DomainError('forbidden', 'the dataset may no longer be read by who asked for this export');
