import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { selectUploads, upload } from './schema.ts';

export const getUpload = defineQuery({
  name: 'uploads.get',
  summary: 'Get one of one’s own uploads',
  access: 'dataset:write',
  rest: { method: 'GET', path: '/v1/uploads/{uploadId}' },
  input: z.object({ uploadId: z.uuid() }),
  output: upload,
  async run({ reader, identity }, { uploadId }) {
    const [found] = await reader.rows(selectUploads(identity.tenantId).where('id', '=', uploadId));
    if (!found) throw noSuchUpload();
    return found;
  },
});

export const noSuchUpload = (): DomainError => new DomainError('not_found', 'no such upload');
