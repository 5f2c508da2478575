import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';

export const upload = z
  .object({
    id: z.uuid(),
    fileName: z.string(),
    bytes: z.int().meta({ description: 'The declared size' }),
    state: z.enum(['open', 'finished', 'aborted', 'expired']),
    sha256: z.string().nullable().meta({ description: 'Of the bytes as they are stored' }),
    sealed: z.boolean().meta({ description: 'Stored encrypted, because the dataset has identifiers' }),
    createdAt: z.string(),
    expiresAt: z.string(),
  })
  .meta({ id: 'Upload' });

/** The caller's own uploads; the policies show no others. */
export const selectUploads = (tenantId: string) =>
  query
    .selectFrom('uploads')
    .select([
      'id',
      'file_name as fileName',
      'bytes',
      'state',
      'sha256',
      sql<boolean>`sealed_file_id is not null`.as('sealed'),
      'created_at as createdAt',
      'expires_at as expiresAt',
    ])
    .where('tenant_id', '=', tenantId);
