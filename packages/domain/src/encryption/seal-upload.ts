import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import type { MasterKeys } from './master-keys.ts';
import { newFileKey } from './new-file-key.ts';

/** Part of the caller's transaction: the bytes of the upload will be encrypted as they arrive. */
export async function sealUpload(
  db: TenantDb,
  masterKeys: MasterKeys,
  tenantId: string,
  { uploadId, datasetId }: { readonly uploadId: string; readonly datasetId: string },
): Promise<void> {
  const { fileId, fileWrapped, keyId } = await newFileKey(db, masterKeys, tenantId, datasetId);
  await sql`select app.seal_upload(${uploadId}::uuid, ${datasetId}::uuid, ${fileId}::uuid, ${keyId}::uuid, ${fileWrapped})`.execute(
    db,
  );
}
