import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { apiKey, apiKeyColumns } from './schema.ts';

export const setKeyActive = defineMutation({
  name: 'keys.setActive',
  summary: 'Switch an API key off or on; effective at the next request everywhere',
  access: 'key:write',
  rest: { method: 'PUT', path: '/v1/keys/{keyId}/active' },
  input: z.object({ keyId: z.uuid(), active: z.boolean() }),
  output: apiKey,
  audit: { entityType: 'key', entityId: ({ keyId }) => keyId, details: ({ active }) => ({ active }) },
  async run({ db, identity: { tenantId } }, { keyId, active }) {
    const changed = await db
      .updateTable('api_keys')
      .set({ is_active: active })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', keyId)
      .returning(apiKeyColumns)
      .executeTakeFirst();
    if (!changed) throw new DomainError('not_found', 'no such key');
    return apiKey.parse(changed);
  },
});
