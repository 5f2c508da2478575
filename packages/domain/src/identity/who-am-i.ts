import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';

export const whoAmI = defineIdentityAction({
  name: 'session.whoAmI',
  summary: 'Who the credential is',
  access: 'user',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/session' },
  input: z.object({}),
  output: z
    .object({
      userId: z.uuid(),
      email: z.string(),
      username: z.string().nullable(),
      name: z.string(),
      tenantId: z.uuid().nullable().meta({ description: 'The organization at work; null while in none' }),
      keyId: z.uuid().nullable(),
    })
    .meta({ id: 'Session' }),
  async run({ db, caller: { userId, tenantId, keyId } }) {
    const person = await db
      .selectFrom('users')
      .select(['id as userId', 'email', 'username', 'name'])
      .where('id', '=', userId)
      .executeTakeFirstOrThrow();
    return { ...person, tenantId: tenantId ?? null, keyId: keyId ?? null };
  },
});
