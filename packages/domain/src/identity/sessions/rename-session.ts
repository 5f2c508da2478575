import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';

export const renameSession = defineIdentityAction({
  name: 'session.rename',
  summary: 'Name a session, to know it again in the list',
  access: 'person',
  kind: 'mutation',
  rest: { method: 'PATCH', path: '/v1/sessions/{sessionId}' },
  input: z.object({ sessionId: z.uuid(), name: z.string().trim().min(1).max(100) }),
  output: z.object({ sessionId: z.uuid(), name: z.string() }),
  async run({ db, event, caller: { userId } }, { sessionId, name }) {
    event.note({ sessionId, name });
    const renamed = await db
      .updateTable('identity.sessions')
      .set({ name })
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .returning('id')
      .executeTakeFirst();
    if (!renamed) throw new DomainError('not_found', 'no such session');
    return { sessionId, name };
  },
});
