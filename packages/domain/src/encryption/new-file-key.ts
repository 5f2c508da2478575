import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import { uuidv7 } from '../ids/uuidv7.ts';
import { ensureKeys } from './ensure-keys.ts';
import { wrapNewFileKey } from './file-keys.ts';
import type { MasterKeys } from './master-keys.ts';

export interface NewFileKey {
  readonly fileId: string;
  readonly fileWrapped: Buffer;
  /** The dataset's key that it is wrapped under. */
  readonly keyId: string;
  readonly keyWrapped: Buffer | null;
}

/** A key for a file that the dataset is about to get. Throws DomainError, or SQLSTATE GR404 and GR412. */
export async function newFileKey(
  db: TenantDb,
  masterKeys: MasterKeys,
  tenantId: string,
  datasetId: string,
): Promise<NewFileKey> {
  await ensureKeys(db, masterKeys, tenantId, datasetId);
  const { rows } = await sql<{ keyId: string; keyWrapped: Buffer | null }>`
    select key_id as "keyId", key_wrapped as "keyWrapped" from app.key_for_sealing(${datasetId}::uuid)`.execute(db);
  const key = rows[0]!; // ensureKeys has thrown otherwise
  const fileId = uuidv7();
  return { fileId, fileWrapped: wrapNewFileKey(masterKeys, tenantId, fileId, key), ...key };
}
