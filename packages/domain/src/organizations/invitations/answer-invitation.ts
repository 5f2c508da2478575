import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { hashToken } from '../../identity/opaque-token.ts';
import { mailedToken } from '../../identity/schema.ts';

export const answerInvitation = defineIdentityAction({
  name: 'invitations.answer',
  summary: 'Accept or decline an invitation, with the link that was mailed to the address of one’s account',
  access: 'person',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/invitations/answers' },
  input: z.object({ token: mailedToken, accept: z.boolean() }),
  output: z.object({ organizationId: z.uuid() }),
  async run({ db, event }, { token, accept }) {
    const { rows } = await sql<{ id: string }>`
      select app.answer_invitation(${hashToken(token)}, ${accept}) as id`.execute(db);
    const organizationId = rows[0]!.id;
    event.in(organizationId); // its auditors are to see who came, wherever they are at work
    event.note({ accept });
    return { organizationId };
  },
});
