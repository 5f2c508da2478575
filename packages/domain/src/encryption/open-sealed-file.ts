import { type Database, type Member, readAsUser } from '@granary/db';
import { DomainError } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import { type FileKeys, unwrapFileKeys } from './file-keys.ts';
import type { MasterKeys } from './master-keys.ts';
import { keyOfUpload, keysOfDataset } from './wrapped-keys.ts';

export interface EncryptionDependencies {
  readonly database: Database;
  readonly masterKeys: MasterKeys;
}

/**
 * What the arriving bytes of the caller's own upload are encrypted with; null where they are not. Not an action, because a
 * key leaves no process.
 */
export async function openUploadKeys(
  { database, masterKeys }: EncryptionDependencies,
  identity: Member,
  uploadId: string,
): Promise<FileKeys | null> {
  try {
    const wrapped = await keyOfUpload(readAsUser(database, identity, 'dataset:write'), uploadId);
    return wrapped && unwrapFileKeys(masterKeys, identity.tenantId, wrapped);
  } catch (error) {
    throw toDomainError(error);
  }
}

/** What a sealed file of a dataset that the caller administers is read with. Throws DomainError. */
export async function openFileKeys(
  { database, masterKeys }: EncryptionDependencies,
  identity: Member,
  { datasetId, fileId }: { readonly datasetId: string; readonly fileId: string },
): Promise<FileKeys> {
  try {
    const keys = await keysOfDataset(readAsUser(database, identity, 'dataset:read'), datasetId);
    const wrapped = keys.get(fileId);
    if (!wrapped) throw new DomainError('not_found', 'no such file');
    return unwrapFileKeys(masterKeys, identity.tenantId, wrapped);
  } catch (error) {
    throw toDomainError(error);
  }
}
