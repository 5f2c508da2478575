import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';

export const whoAmI = defineQuery({
  name: 'session.whoAmI',
  summary: 'Who the credential is',
  access: 'user',
  rest: { method: 'GET', path: '/v1/session' },
  input: z.object({}),
  output: z
    .object({ userId: z.uuid(), email: z.string(), name: z.string(), tenantId: z.uuid(), keyId: z.uuid().nullable() })
    .meta({ id: 'Session' }),
  async run({ reader, identity: { userId, tenantId, keyId } }) {
    const [person] = await reader.rows(
      query.selectFrom('users').select(['id as userId', 'email', 'name']).where('id', '=', userId),
    );
    if (!person) throw new DomainError('unauthenticated', 'not signed in');
    return { ...person, tenantId, keyId: keyId ?? null };
  },
});
