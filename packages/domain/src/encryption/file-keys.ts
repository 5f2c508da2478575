import { hkdfSync, randomBytes } from 'node:crypto';
import { DomainError } from '../errors/domain-error.ts';
import { keyContext } from './key-context.ts';
import type { MasterKeys } from './master-keys.ts';
import { openValue, sealValue } from './sealed-value.ts';

/** A file's key under its dataset's key under the master key. */
export interface WrappedFileKey {
  readonly fileId: string;
  readonly fileWrapped: Uint8Array;
  readonly keyId: string;
  /** null: it was destroyed. */
  readonly keyWrapped: Uint8Array | null;
}

/** What a sealed file is read and written with: its bytes, and the rows of it that did not fit. */
export interface FileKeys {
  readonly fileId: string;
  readonly bytes: Uint8Array;
  readonly quarantine: Uint8Array;
}

/** A new file's key, wrapped under the dataset's. */
export function wrapNewFileKey(
  masterKeys: MasterKeys,
  tenantId: string,
  fileId: string,
  { keyId, keyWrapped }: Pick<WrappedFileKey, 'keyId' | 'keyWrapped'>,
): Buffer {
  const datasetKey = unwrapDatasetKey(masterKeys, tenantId, keyId, keyWrapped);
  return sealValue(datasetKey, randomBytes(32), keyContext.file(tenantId, fileId));
}

/** Throws DomainError precondition where a key of the chain is missing, destroyed or another one. */
export function unwrapFileKeys(
  masterKeys: MasterKeys,
  tenantId: string,
  { fileId, fileWrapped, keyId, keyWrapped }: WrappedFileKey,
): FileKeys {
  const datasetKey = unwrapDatasetKey(masterKeys, tenantId, keyId, keyWrapped);
  const fileKey = openValue(datasetKey, fileWrapped, keyContext.file(tenantId, fileId));
  if (!fileKey) throw new DomainError('precondition', 'the key of the file is damaged');
  const derive = (what: string) => new Uint8Array(hkdfSync('sha256', fileKey, '', `granary ${what}`, 32));
  return { fileId, bytes: derive('file bytes'), quarantine: derive('quarantined rows') };
}

function unwrapDatasetKey(
  masterKeys: MasterKeys,
  tenantId: string,
  keyId: string,
  wrapped: Uint8Array | null,
): Uint8Array {
  if (!wrapped)
    throw new DomainError('precondition', 'the key that this was encrypted under was destroyed: nobody can read it');
  return masterKeys.unwrap(wrapped, keyContext.dataset(tenantId, keyId));
}
