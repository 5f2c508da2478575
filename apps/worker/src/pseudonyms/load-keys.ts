import { asSystem, type Database } from '@granary/db';
import { DomainError, type FileKeys, keyContext, type MasterKeys, unwrapFileKeys } from '@granary/domain';
import { sql } from 'kysely';

/** What one load replaces identifiers with, and reads its file by. */
export interface LoadKeys {
  readonly file: FileKeys;
  readonly pseudonym: { readonly id: string; readonly version: number; readonly key: Uint8Array };
}

/**
 * The keys of a load, which is recorded to have used them. Rows that go into a version that is there already get that
 * version's pseudonym key, since one person must not be two in one table. Throws DomainError precondition.
 */
export async function openLoadKeys(
  { database, masterKeys }: { readonly database: Database; readonly masterKeys: MasterKeys },
  { tenantId, versionId }: { readonly tenantId: string; readonly versionId: string },
): Promise<LoadKeys> {
  return asSystem(database, 'load: keys', async (db) => {
    const version = await db
      .selectFrom('dataset_versions as v')
      .innerJoin('datasets as d', (join) =>
        join.onRef('d.tenant_id', '=', 'v.tenant_id').onRef('d.id', '=', 'v.dataset_id'),
      )
      .leftJoin('dataset_versions as current', (join) =>
        join.onRef('current.tenant_id', '=', 'd.tenant_id').onRef('current.id', '=', 'd.current_version_id'),
      )
      .innerJoin('sealed_files as f', (join) =>
        join.onRef('f.tenant_id', '=', 'v.tenant_id').onRef('f.id', '=', 'v.sealed_file_id'),
      )
      .innerJoin('encryption_keys as k', (join) =>
        join.onRef('k.tenant_id', '=', 'f.tenant_id').onRef('k.id', '=', 'f.key_id'),
      )
      .select(['v.mode', 'current.pseudonym_key_id as currentKeyId', 'f.id as fileId', 'f.wrapped as fileWrapped'])
      .select(['k.id as keyId', 'k.wrapped as keyWrapped'])
      .where('v.tenant_id', '=', tenantId)
      .where('v.id', '=', versionId)
      .executeTakeFirst();
    if (!version) throw new DomainError('precondition', 'the file of this version is not sealed');
    const file = unwrapFileKeys(masterKeys, tenantId, version);
    const goesIntoKeyId = version.mode === 'replace' ? null : version.currentKeyId;
    const key = await db
      .selectFrom('encryption_keys')
      .select(['id', 'version', 'wrapped'])
      .where('tenant_id', '=', tenantId)
      .where('purpose', '=', 'pseudonym')
      .where((where) => (goesIntoKeyId ? where('id', '=', goesIntoKeyId) : where('retired_at', 'is', null)))
      .executeTakeFirst();
    if (!key?.wrapped)
      throw new DomainError(
        'precondition',
        goesIntoKeyId
          ? 'the pseudonym key of the rows that are there was destroyed: nothing links to them any more; load a whole file'
          : 'the pseudonym key was destroyed; encryption.rotate makes a new one',
      );
    const unwrapped = masterKeys.unwrap(key.wrapped, keyContext.pseudonym(tenantId, key.id));
    await db
      .updateTable('dataset_versions')
      .set({ pseudonym_key_id: key.id })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', versionId)
      .where('state', '=', sql.lit('loading'))
      .execute();
    return { file, pseudonym: { id: key.id, version: key.version, key: unwrapped } };
  });
}
