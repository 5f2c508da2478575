import { z } from 'zod';

export const identifiers = z.array(z.string().trim().min(1).max(200)).max(100).meta({
  description:
    'Columns that identify people, as the header names them: their values are replaced by pseudonyms while a file is loaded, and stand in no table. The file itself is kept encrypted',
});

export const encryptionKey = z
  .object({
    id: z.uuid(),
    purpose: z.enum(['pseudonym', 'dataset']),
    datasetId: z.uuid().nullable(),
    version: z.int(),
    createdAt: z.string(),
    retiredAt: z.string().nullable().meta({ description: 'New loads and uploads use it until then' }),
    destroyedAt: z.string().nullable(),
  })
  .meta({ id: 'EncryptionKey' });
