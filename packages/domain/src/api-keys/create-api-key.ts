import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { uuidv7 } from '../ids/uuidv7.ts';
import { makeKey } from './key-format.ts';
import { apiKey, apiKeyColumns, scope } from './schema.ts';

export const createApiKey = defineMutation({
  name: 'keys.create',
  summary: 'Make an API key for programs; its secret is shown this once',
  access: 'key:write',
  rest: { method: 'POST', path: '/v1/keys' },
  input: z.object({
    name: z.string().trim().min(1).max(200),
    scopes: z.array(scope).min(1).meta({ description: 'At most one’s own permissions' }),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  }),
  output: z.object({ key: apiKey, secret: z.string() }),
  audit: {
    entityType: 'key',
    entityId: (_input, { key }) => key.id,
    details: ({ name, scopes, expiresAt }) => ({ name, scopes, expiresAt }),
  },
  async run({ db, identity: { tenantId, userId } }, { name, scopes, expiresAt }) {
    const { rows } = await sql<{ lacking: string[] }>`
      select array(select unnest(${scopes}::text[]) except select unnest(app.permissions_in(${tenantId}::uuid))) as lacking`.execute(
      db,
    );
    const lacking = rows[0]?.lacking ?? [];
    if (lacking.length > 0)
      throw new DomainError('forbidden', `a key cannot have what its maker lacks: ${lacking.join(', ')}`, { lacking });
    const id = uuidv7();
    const { text, secretHash } = makeKey(id);
    const key = await db
      .insertInto('api_keys')
      .values({
        tenant_id: tenantId,
        id,
        user_id: userId,
        name,
        secret_hash: secretHash,
        scopes,
        expires_at: expiresAt ?? null,
      })
      .returning(apiKeyColumns)
      .executeTakeFirstOrThrow();
    return { key: apiKey.parse(key), secret: text };
  },
});
