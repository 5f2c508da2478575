import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import { uuidv7 } from '../ids/uuidv7.ts';
import { ensureKeys } from './ensure-keys.ts';
import { wrapNewFileKey } from './file-keys.ts';
import type { MasterKeys } from './master-keys.ts';

/** Part of the caller's transaction: the bytes of the upload will be encrypted as they arrive. */
export async function sealUpload(
  db: TenantDb,
  masterKeys: MasterKeys,
  tenantId: string,
  { uploadId, datasetId }: { readonly uploadId: string; readonly datasetId: string },
): Promise<void> {
  await ensureKeys(db, masterKeys, tenantId, datasetId);
  const { rows } = await sql<{ keyId: string; keyWrapped: Buffer | null }>`
    select key_id as "keyId", key_wrapped as "keyWrapped" from app.key_for_sealing(${datasetId}::uuid)`.execute(db);
  const key = rows[0]!; // ensureKeys has thrown otherwise
  const fileId = uuidv7();
  const wrapped = wrapNewFileKey(masterKeys, tenantId, fileId, key);
  await sql`select app.seal_upload(${uploadId}::uuid, ${datasetId}::uuid, ${fileId}::uuid, ${key.keyId}::uuid, ${wrapped})`.execute(
    db,
  );
}
