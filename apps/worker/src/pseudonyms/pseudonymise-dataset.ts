import { asSystem, type Database } from '@granary/db';
import { DomainError, type JobInput } from '@granary/domain';
import { sql } from 'kysely';
import { failLoad, type LoadDependencies, loadDataset } from '../load/load-dataset.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { beginMigration, currentVersion } from './identifier-migration.ts';

/**
 * Replaces what was loaded before its identifiers were declared: seals the original of the current version, loads that as
 * the next version, and removes all that hold the values. Each step finds out what the one before it left, so it may be
 * run again after a crash at any point. A load that fails leaves everything as it was, and the versions say why.
 */
export async function pseudonymiseDataset(
  dependencies: LoadDependencies,
  { datasetId }: JobInput<'dataset.pseudonymise'>,
  context: JobContext,
): Promise<void> {
  const { database, log } = dependencies;
  const { identity } = context;
  const current = await currentVersion(database, identity, datasetId);
  if (!current) return log('nothing to pseudonymise', { datasetId });
  if (current.needsMigration) {
    const versionId = current.migration ?? (await beginMigration(dependencies, datasetId, current, context));
    await loadDataset(dependencies, { datasetId, versionId }, context);
  }
  const after = await currentVersion(database, identity, datasetId);
  if (!after || after.needsMigration) return log('the values were not replaced', { datasetId });
  const removed = await asSystem(database, 'identifiers: migration', async (db) => {
    const { rows } = await sql<{
      n: number;
    }>`select app.finish_identifier_migration(${datasetId}::uuid) as n`.execute(db);
    return rows[0]?.n;
  });
  log('identifiers were replaced', { datasetId, removed });
}

/** The last attempt failed: whoever waits for the version is told. */
export async function failMigration(database: Database, datasetId: string): Promise<void> {
  const versions = await asSystem(database, 'identifiers: migration', (db) =>
    db
      .selectFrom('dataset_versions')
      .select('id')
      .where('dataset_id', '=', datasetId)
      .where('state', '=', 'loading')
      .where('migrated_from', 'is not', null)
      .execute(),
  );
  const error = new DomainError('unavailable', 'replacing identifiers failed repeatedly; declare them again to go on');
  for (const { id } of versions) await failLoad(database, id, error);
}
