import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const revokeInvitation = defineMutation({
  name: 'invitations.revoke',
  summary: 'Take an invitation back that was not answered',
  access: 'member:write',
  rest: { method: 'DELETE', path: '/v1/invitations/{invitationId}' },
  input: z.object({ invitationId: z.uuid() }),
  output: z.object({ invitationId: z.uuid() }),
  audit: { entityType: 'invitation', entityId: ({ invitationId }) => invitationId },
  async run({ db }, { invitationId }) {
    await sql`select app.revoke_invitation(${invitationId}::uuid)`.execute(db);
    return { invitationId };
  },
});
