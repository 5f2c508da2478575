import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';

export const revokeSession = defineIdentityAction({
  name: 'session.revoke',
  summary: 'End one of one’s sessions; effective at the next request everywhere',
  access: 'person',
  kind: 'mutation',
  rest: { method: 'DELETE', path: '/v1/sessions/{sessionId}' },
  input: z.object({ sessionId: z.uuid() }),
  output: z.object({ sessionId: z.uuid() }),
  async run({ db, event, caller: { userId } }, { sessionId }) {
    event.note({ sessionId });
    const revoked = await db
      .updateTable('identity.sessions')
      .set({ revoked_at: sql`coalesce(revoked_at, now())` })
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .returning('id')
      .executeTakeFirst();
    if (!revoked) throw new DomainError('not_found', 'no such session');
    return { sessionId };
  },
});
