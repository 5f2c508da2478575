import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { encryptionKey } from './schema.ts';

export const listEncryptionKeys = defineQuery({
  name: 'encryption.keys',
  summary:
    'List the encryption keys of the organization, and of the datasets that one administers; never the keys themselves',
  access: 'encryption:admin',
  rest: { method: 'GET', path: '/v1/encryption/keys' },
  input: z.object({}),
  output: z.object({ items: z.array(encryptionKey) }),
  async run({ reader, identity: { tenantId } }) {
    const rows = await reader.rows(
      query
        .selectFrom('encryption_keys')
        .select([
          'id',
          'purpose',
          'dataset_id as datasetId',
          'version',
          'created_at as createdAt',
          'retired_at as retiredAt',
          'destroyed_at as destroyedAt',
        ])
        .where('tenant_id', '=', tenantId)
        .orderBy('id', 'desc'),
    );
    return { items: rows.map((row) => encryptionKey.parse(row)) };
  },
});
