import { asSystem, asUser, type Database, onSystemConnection } from '@granary/db';
import { DomainError, type JobInput } from '@granary/domain';
import { sql } from 'kysely';
import type { Log } from '../log.ts';
import type { JobContext } from '../queue/start-worker.ts';

/**
 * Makes the indexes that are declared for a dataset on its current version, and removes those that are declared no longer.
 * Every run ends with what is declared then, so it may run twice, or late. Rows can be read while an index is made, and not
 * changed.
 */
export async function indexDataset(
  { database, log }: { readonly database: Database; readonly log: Log },
  { datasetId }: JobInput<'dataset.index'>,
  { identity }: JobContext,
): Promise<void> {
  const version = await asUser(database, identity, 'dataset:write', (db) =>
    db
      .selectFrom('datasets')
      .select('current_version_id as id')
      .where('tenant_id', '=', identity.tenantId)
      .where('id', '=', datasetId)
      .where(sql<boolean>`app.may_access_dataset(id, 'write')`)
      .executeTakeFirst(),
  );
  if (!version) {
    await failIndexes(
      database,
      datasetId,
      new DomainError('forbidden', 'the dataset may no longer be written by who asked for this index'),
      identity.userId,
    );
    log('nothing to index', { datasetId });
    return;
  }
  // two transactions: whoever waits for a table must not hold what others wait for with a table in hand
  if (version.id !== null) {
    await onSystemConnection(database, 'index: build', (client) =>
      client.query('select app.index_version($1)', [version.id]),
    );
  }
  await onSystemConnection(database, 'index: build', (client) =>
    client.query('select app.drop_undeclared_indexes($1)', [datasetId]),
  );
  log('indexed', { datasetId });
}

/** Notes that indexes cannot be made; with `createdBy`, of those that this user declared: a forged job ends nobody else's. */
export async function failIndexes(
  database: Database,
  datasetId: string,
  { kind, message }: DomainError,
  createdBy?: string,
): Promise<void> {
  await asSystem(database, 'index: failure', (db) =>
    db
      .updateTable('dataset_indexes')
      .set({ state: 'failed', error: JSON.stringify({ kind, message }) })
      .where('dataset_id', '=', datasetId)
      .where('state', '=', 'building')
      .$if(createdBy !== undefined, (q) => q.where('created_by', '=', createdBy!))
      .execute(),
  );
}
