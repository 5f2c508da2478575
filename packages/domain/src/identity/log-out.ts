import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';

export const logOut = defineIdentityAction({
  name: 'session.logOut',
  summary: 'End the session; effective at the next request everywhere',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'DELETE', path: '/v1/session' },
  input: z.object({}),
  output: z.object({ status: z.literal('ended') }),
  async run({ db, caller: { tokenId }, held, event }) {
    const { id: sessionId } = await db
      .updateTable('identity.sessions')
      .set({ revoked_at: sql`now()` })
      .where('id', '=', (of) => of.selectFrom('identity.session_tokens').select('session_id').where('id', '=', tokenId))
      .returning('id')
      .executeTakeFirstOrThrow();
    event.note({ sessionId });
    held.end();
    return { status: 'ended' } as const;
  },
});
