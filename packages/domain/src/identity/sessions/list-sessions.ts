import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { session } from '../schema.ts';

export const listSessions = defineIdentityAction({
  name: 'session.list',
  summary: 'List where one is signed in',
  access: 'person',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/sessions' },
  input: z.object({}),
  output: z.array(session),
  run: ({ db, caller: { userId, tokenId } }) =>
    db
      .selectFrom('identity.sessions as s')
      .select([
        's.id',
        's.name',
        's.user_agent as userAgent',
        's.address',
        's.created_at as createdAt',
        's.last_seen_at as lastSeenAt',
        's.expires_at as expiresAt',
        sql<boolean>`s.id is not distinct from (select session_id from identity.session_tokens where id = ${tokenId ?? null})`.as(
          'isCurrent',
        ),
      ])
      .where('s.user_id', '=', userId)
      .where('s.revoked_at', 'is', null)
      .where('s.expires_at', '>', sql<string>`now()`)
      .orderBy('s.last_seen_at', 'desc')
      .execute(),
});
