import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { apiKey, apiKeyColumns } from './schema.ts';

export const revokeApiKey = defineMutation({
  name: 'keys.revoke',
  summary: 'Revoke an API key; effective at the next request everywhere',
  access: 'key:write',
  rest: { method: 'DELETE', path: '/v1/keys/{keyId}' },
  input: z.object({ keyId: z.uuid() }),
  output: apiKey,
  audit: { entityType: 'key', entityId: ({ keyId }) => keyId },
  async run({ db, identity: { tenantId } }, { keyId }) {
    const revoked = await db
      .updateTable('api_keys')
      .set({ revoked_at: sql`coalesce(revoked_at, now())` })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', keyId)
      .returning(apiKeyColumns)
      .executeTakeFirst();
    if (!revoked) throw new DomainError('not_found', 'no such key');
    return apiKey.parse(revoked);
  },
});
