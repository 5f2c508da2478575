import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { session } from '../identity/schema.ts';

export const listPersonSessions = defineOperatorAction({
  name: 'operator.listSessions',
  summary: 'Where somebody is signed in',
  kind: 'query',
  input: z.object({ userId: z.uuid() }),
  output: z.array(session.omit({ isCurrent: true })),
  run: ({ db }, { userId }) =>
    db
      .selectFrom('identity.sessions')
      .select([
        'id',
        'name',
        'user_agent as userAgent',
        'address',
        'created_at as createdAt',
        'last_seen_at as lastSeenAt',
        'expires_at as expiresAt',
      ])
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', sql<string>`now()`)
      .orderBy('last_seen_at', 'desc')
      .execute(),
});
