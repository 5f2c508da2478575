import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { mailValidity } from '../../identity/mail-validity.ts';
import { email } from '../../identity/schema.ts';

export const inviteMember = defineMutation({
  name: 'invitations.create',
  summary: 'Invite an address to the active organization; the link that is mailed holds for seven days and once',
  access: 'member:write',
  rest: { method: 'POST', path: '/v1/invitations' },
  input: z.object({ email, roleId: z.uuid() }),
  output: z.object({ invitationId: z.uuid() }),
  audit: {
    entityType: 'invitation',
    entityId: (_input, { invitationId }) => invitationId,
    details: ({ email: address, roleId }) => ({ email: address, roleId }),
  },
  async run({ db }, { email: address, roleId }) {
    const { rows } = await sql<{ id: string }>`
      select app.invite(${address}, ${roleId}::uuid, ${mailValidity.invitation}::interval) as id`.execute(db);
    return { invitationId: rows[0]!.id };
  },
});
