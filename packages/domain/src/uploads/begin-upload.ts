import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { selectUploads, upload } from './schema.ts';

/** How long an upload may stay unfinished. */
const lifetime = '24 hours';

export const beginUpload = defineMutation({
  name: 'uploads.begin',
  summary: 'Reserve room for a file; its bytes follow by the tus protocol at /files/{id}',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/uploads' },
  input: z.object({ fileName: z.string().trim().min(1).max(500), bytes: z.int().min(0) }),
  output: upload,
  audit: {
    entityType: 'upload',
    entityId: (_input, { id }) => id,
    details: ({ fileName, bytes }) => ({ fileName, bytes }),
  },
  async run({ db, identity: { tenantId } }, { fileName, bytes }) {
    const { rows } = await sql<{ id: string }>`
      select app.begin_upload(${tenantId}::uuid, ${fileName}, ${bytes}::bigint, ${lifetime}::interval) as id`.execute(
      db,
    );
    const found = await db.executeQuery(selectUploads(tenantId).where('id', '=', rows[0]!.id));
    return found.rows[0]!;
  },
});
