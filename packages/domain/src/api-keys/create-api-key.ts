import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { insertKey } from './insert-key.ts';
import { apiKey, keyLimits, scope } from './schema.ts';

export const createApiKey = defineMutation({
  name: 'keys.create',
  summary: 'Make an API key for programs; its secret is shown this once',
  access: 'key:write',
  rest: { method: 'POST', path: '/v1/keys' },
  input: z.object({
    name: z.string().trim().min(1).max(200),
    scopes: z.array(scope).min(1).meta({ description: 'At most one’s own permissions' }),
    ...keyLimits,
  }),
  output: z.object({ key: apiKey, secret: z.string() }),
  audit: {
    entityType: 'key',
    entityId: (_input, { key }) => key.id,
    details: (input) => input,
  },
  async run({ db, identity: { tenantId, userId } }, { name, scopes, ...limits }) {
    const { rows } = await sql<{ lacking: string[] }>`
      select array(select unnest(${scopes}::text[]) except select unnest(app.permissions_in(${tenantId}::uuid))) as lacking`.execute(
      db,
    );
    const lacking = rows[0]?.lacking ?? [];
    if (lacking.length > 0)
      throw new DomainError('forbidden', `a key cannot have what its maker lacks: ${lacking.join(', ')}`, { lacking });
    return insertKey(db, { tenantId, userId, name, scopes, ...limits });
  },
});
