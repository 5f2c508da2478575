import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { noSuchDataset } from '../datasets/no-such-dataset.ts';
import { sealUpload } from '../encryption/seal-upload.ts';
import { selectUploads, upload } from './schema.ts';

/** How long an upload may stay unfinished. */
const lifetime = '24 hours';

export const beginUpload = defineMutation({
  name: 'uploads.begin',
  summary: 'Reserve room for a file; its bytes follow by the tus protocol at /files/{id}',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/uploads' },
  input: z.object({
    fileName: z.string().trim().min(1).max(500),
    bytes: z.int().min(0),
    datasetId: z.uuid().optional().meta({
      description:
        'The dataset that it is for: where that has identifiers, the bytes are encrypted from the first one on',
    }),
  }),
  output: upload,
  audit: {
    entityType: 'upload',
    entityId: (_input, { id }) => id,
    details: ({ fileName, bytes }) => ({ fileName, bytes }),
  },
  async run({ db, masterKeys, identity: { tenantId } }, { fileName, bytes, datasetId }) {
    const names = datasetId === undefined ? [] : await identifiersOf(db, tenantId, datasetId);
    const { rows } = await sql<{ id: string }>`
      select app.begin_upload(${tenantId}::uuid, ${fileName}, ${bytes}::bigint, ${lifetime}::interval) as id`.execute(
      db,
    );
    const uploadId = rows[0]!.id;
    if (datasetId !== undefined && names.length > 0)
      await sealUpload(db, masterKeys, tenantId, { uploadId, datasetId });
    const found = await db.executeQuery(selectUploads(tenantId).where('id', '=', uploadId));
    return found.rows[0]!;
  },
});

async function identifiersOf(db: TenantDb, tenantId: string, datasetId: string): Promise<string[]> {
  const found = await db
    .selectFrom('datasets')
    .select('identifiers')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', datasetId)
    .where(sql<boolean>`app.may_access_dataset(id, 'write')`)
    .executeTakeFirst();
  if (!found) throw noSuchDataset();
  return found.identifiers;
}
