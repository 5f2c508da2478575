import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { noSuchUpload } from './get-upload.ts';

export const abortUpload = defineMutation({
  name: 'uploads.abort',
  summary: 'Give up an open upload and free what it reserved',
  access: 'dataset:write',
  rest: { method: 'DELETE', path: '/v1/uploads/{uploadId}' },
  input: z.object({ uploadId: z.uuid() }),
  output: z.object({ aborted: z.literal(true) }),
  audit: { entityType: 'upload', entityId: ({ uploadId }) => uploadId },
  async run({ db }, { uploadId }) {
    const { rows } = await sql<{ aborted: boolean }>`select app.abort_upload(${uploadId}::uuid) as aborted`.execute(db);
    if (!rows[0]?.aborted) throw noSuchUpload();
    return { aborted: true as const };
  },
});
