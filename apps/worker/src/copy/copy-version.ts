import { asSystem, asUser, type Database, onSystemConnection } from '@granary/db';
import { DomainError, type JobInput, toDomainError } from '@granary/domain';
import { sql } from 'kysely';
import { accessLost, failLoad, type LoadDependencies } from '../load/load-dataset.ts';
import type { JobContext } from '../queue/start-worker.ts';

/**
 * Fills a copy of a version that is kept as it is, and makes it current, in one transaction: killed at any instant, it
 * leaves the version before it current and nothing of the copy, and runs again from the start. What ends it for good (its
 * user may no longer write, or another version became current) is told to its user; any other failure is the queue's.
 */
export async function copyVersion(
  { database, log, onStep }: Pick<LoadDependencies, 'database' | 'log' | 'onStep'>,
  { datasetId, versionId }: JobInput<'dataset.copy'>,
  { identity }: JobContext,
): Promise<void> {
  if (!(await acceptCopy(database, identity, datasetId, versionId))) {
    await failLoad(database, versionId, accessLost(), identity.userId);
    return log('nothing to copy', { versionId });
  }
  await onStep?.('accepted', 0);
  try {
    const copied = await onSystemConnection(database, 'copy: publish', async (client) => {
      const { rows } = await client.query<{ copied: boolean }>('select app.finish_copy($1) as copied', [versionId]);
      await onStep?.('publishing', 0);
      return rows[0]?.copied;
    });
    log(copied ? 'copied' : 'was copied already', { versionId });
  } catch (error) {
    const mapped = toDomainError(error);
    if (!(mapped instanceof DomainError) || mapped.kind !== 'conflict' || !Object.hasOwn(mapped.details, 'version'))
      throw error;
    await failLoad(database, versionId, mapped);
    log('not copied', { versionId });
  }
}

/** Reads the copy as the job's user, so that a forged or stale job gets nothing, and marks it as running. */
async function acceptCopy(
  database: Database,
  identity: JobContext['identity'],
  datasetId: string,
  versionId: string,
): Promise<boolean> {
  const found = await asUser(database, identity, 'dataset:write', (db) =>
    db
      .selectFrom('dataset_versions')
      .select('id')
      .where('tenant_id', '=', identity.tenantId)
      .where('dataset_id', '=', datasetId)
      .where('id', '=', versionId)
      .where('state', '=', 'loading')
      .where('copied_from', 'is not', null)
      .where(sql<boolean>`app.may_access_dataset(dataset_id, 'write')`)
      .executeTakeFirst(),
  );
  if (!found) return false;
  await asSystem(database, 'load: progress', (db) =>
    db
      .updateTable('dataset_loads')
      .set({
        state: 'running',
        phase: 'copying',
        attempt: sql`attempt + 1`,
        started_at: sql`now()`,
        updated_at: sql`now()`,
      })
      .where('version_id', '=', versionId)
      .where('state', 'in', ['queued', 'running'])
      .execute(),
  );
  return true;
}
