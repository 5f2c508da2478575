import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { insertKey } from './insert-key.ts';
import { apiKey, apiKeyColumns } from './schema.ts';

export const rotateApiKey = defineMutation({
  name: 'keys.rotate',
  summary: 'Make a key in the place of another, which goes on for a while; the new secret is shown this once',
  access: 'key:write',
  rest: { method: 'POST', path: '/v1/keys/{keyId}/rotation' },
  input: z.object({
    keyId: z.uuid(),
    overlapHours: z.number().min(0).max(720).default(24).meta({ description: 'How long the former key still works' }),
  }),
  output: z.object({ key: apiKey, secret: z.string() }),
  audit: {
    entityType: 'key',
    entityId: (_input, { key }) => key.id,
    details: ({ keyId, overlapHours }) => ({ from: keyId, overlapHours }),
  },
  async run({ db, identity: { tenantId, userId } }, { keyId, overlapHours }) {
    const former = await db
      .updateTable('api_keys')
      // never later than it would have ended anyway
      .set({ expires_at: sql`least(expires_at, now() + ${overlapHours}::float8 * interval '1 hour')` })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', keyId)
      .where('revoked_at', 'is', null)
      .returning([
        ...apiKeyColumns,
        sql<string | null>`(select k.expires_at from api_keys k where k.id = ${keyId})`.as('until'),
      ])
      .executeTakeFirst();
    if (!former) throw new DomainError('not_found', 'no such key');
    const { name, scopes, until, allowedNetworks, requestsPerMinute } = former;
    return insertKey(db, {
      tenantId,
      userId,
      name,
      scopes,
      expiresAt: until,
      allowedNetworks: z.array(z.string()).nullable().parse(allowedNetworks),
      requestsPerMinute,
      rotatedFrom: keyId,
    });
  },
});
