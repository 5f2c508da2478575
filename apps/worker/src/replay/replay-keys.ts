import { asSystem, type Database } from '@granary/db';
import { DomainError, type FileKeys, keyContext, type MasterKeys, unwrapFileKeys } from '@granary/domain';
import type { WantedReplay } from './find-replay.ts';

/** What the texts of a sealed delivery are opened with, and identifiers in them replaced. */
export interface ReplayKeys {
  readonly file: FileKeys;
  /** null: the delivery has no column of pseudonyms. */
  readonly pseudonym: Uint8Array | null;
}

/**
 * The keys of a replay. Identifiers get the pseudonyms that they have in the delivery and in the version that its rows are
 * among, retired key or not. Throws DomainError precondition.
 */
export async function openReplayKeys(
  { database, masterKeys }: { readonly database: Database; readonly masterKeys: MasterKeys },
  tenantId: string,
  { versionId, file }: WantedReplay,
): Promise<ReplayKeys> {
  const keyIds = new Set(file.columns.flatMap(({ pseudonym }) => pseudonym?.keyId ?? []));
  if (keyIds.size > 1) throw new DomainError('precondition', 'the pseudonyms of this version are of several keys');
  const [keyId] = keyIds;
  return asSystem(database, 'load: keys', async (db) => {
    const sealed = await db
      .selectFrom('dataset_versions as v')
      .innerJoin('sealed_files as f', (join) =>
        join.onRef('f.tenant_id', '=', 'v.tenant_id').onRef('f.id', '=', 'v.sealed_file_id'),
      )
      .innerJoin('encryption_keys as k', (join) =>
        join.onRef('k.tenant_id', '=', 'f.tenant_id').onRef('k.id', '=', 'f.key_id'),
      )
      .select(['f.id as fileId', 'f.wrapped as fileWrapped', 'k.id as keyId', 'k.wrapped as keyWrapped'])
      .where('v.tenant_id', '=', tenantId)
      .where('v.id', '=', versionId)
      .executeTakeFirst();
    if (!sealed) throw new DomainError('precondition', 'the file of this version is not sealed any more');
    const fileKeys = unwrapFileKeys(masterKeys, tenantId, sealed);
    if (keyId === undefined) return { file: fileKeys, pseudonym: null };
    const key = await db
      .selectFrom('encryption_keys')
      .select('wrapped')
      .where('tenant_id', '=', tenantId)
      .where('purpose', '=', 'pseudonym')
      .where('id', '=', keyId)
      .executeTakeFirst();
    if (!key?.wrapped)
      throw new DomainError(
        'precondition',
        'the pseudonym key of the rows that are there was destroyed: nothing links to them any more; load a whole file',
      );
    return { file: fileKeys, pseudonym: masterKeys.unwrap(key.wrapped, keyContext.pseudonym(tenantId, keyId)) };
  });
}
