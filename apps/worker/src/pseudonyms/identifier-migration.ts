import { rm } from 'node:fs/promises';
import { asUser, type Database, type Member } from '@granary/db';
import { claimObject, MasterKeys, newFileKey, toDomainError, unwrapFileKeys } from '@granary/domain';
import { sql } from 'kysely';
import type { LoadDependencies } from '../load/load-dataset.ts';
import { makeWorkDirectory } from '../load/work-directories.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { sealStored } from './seal-stored.ts';

export interface CurrentVersion {
  /** null: nothing is loaded. */
  readonly id: string | null;
  readonly sha256: string | null;
  readonly isSealed: boolean;
  /** It holds values of what is declared. */
  readonly needsMigration: boolean;
  /** The version that takes its place, where a former attempt has made it. */
  readonly migration: string | null;
}

/** As the job's user, who must administer the dataset; null where there is nothing for them. */
export async function currentVersion(
  database: Database,
  identity: Member,
  datasetId: string,
): Promise<CurrentVersion | null> {
  const row = await asUser(database, identity, 'dataset:admin', (db) =>
    db
      .selectFrom('datasets as d')
      .leftJoin('dataset_versions as v', (join) =>
        join.onRef('v.tenant_id', '=', 'd.tenant_id').onRef('v.id', '=', 'd.current_version_id'),
      )
      .leftJoin('dataset_versions as m', (join) =>
        join
          .onRef('m.tenant_id', '=', 'd.tenant_id')
          .onRef('m.dataset_id', '=', 'd.id')
          .onRef('m.migrated_from', '=', 'v.id')
          .on('m.state', '<>', 'failed'),
      )
      .select(['v.id', 'v.original_sha256 as sha256', 'm.id as migration'])
      .select(sql<boolean>`v.sealed_file_id is not null`.as('isSealed'))
      .select(
        sql<boolean>`v.id is not null and (not v.identifiers @> d.identifiers
          or (v.original_sha256 is not null and v.sealed_file_id is null))`.as('needsMigration'),
      )
      .where('d.tenant_id', '=', identity.tenantId)
      .where('d.id', '=', datasetId)
      .where(sql<boolean>`d.identifiers <> '{}' and app.may_access_dataset(d.id, 'admin')`)
      .executeTakeFirst(),
  );
  return row ?? null;
}

/** Makes the version that is loaded in place of the current one, from its original: sealed, unless it is that already. */
export async function beginMigration(
  dependencies: LoadDependencies,
  datasetId: string,
  { id, sha256, isSealed }: CurrentVersion,
  { identity, signal }: JobContext,
): Promise<string> {
  if (id === null || sha256 === null) throw new Error('a version without an original was to be loaded again');
  try {
    const sealed = isSealed ? null : await sealOriginal(dependencies, identity, { datasetId, sha256 }, signal);
    const { rows } = await asUser(dependencies.database, identity, 'dataset:admin', (db) =>
      sql<{ id: string }>`select app.begin_identifier_migration(${datasetId}::uuid, ${id}::uuid,
        ${sealed?.fileId ?? null}::uuid, ${sealed?.keyId ?? null}::uuid, ${sealed?.fileWrapped ?? null}::bytea,
        ${sealed?.sha256 ?? null}::text) as id`.execute(db),
    );
    return rows[0]!.id;
  } catch (error) {
    throw toDomainError(error);
  }
}

/** A crash between this and the version that refers to it leaves an object that nobody has the key of, to be collected. */
async function sealOriginal(
  { database, store, masterKeys = MasterKeys.none, workDirectory: root }: LoadDependencies,
  identity: Member,
  { datasetId, sha256 }: { readonly datasetId: string; readonly sha256: string },
  signal: AbortSignal,
) {
  const { tenantId } = identity;
  const workDirectory = await makeWorkDirectory(root);
  try {
    const key = await asUser(database, identity, 'dataset:admin', (db) =>
      newFileKey(db, masterKeys, tenantId, datasetId),
    );
    const { bytes } = unwrapFileKeys(masterKeys, tenantId, key);
    const sealed = await sealStored(store, { tenantId, sha256 }, bytes, {
      workDirectory,
      signal,
      claim: (object) => claimObject(database, identity, object),
    });
    return { ...key, sha256: sealed };
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}
