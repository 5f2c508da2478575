import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';

export const listInvitations = defineQuery({
  name: 'invitations.list',
  summary: 'List the latest 1000 invitations and what became of them',
  access: 'member:write',
  rest: { method: 'GET', path: '/v1/invitations' },
  input: z.object({}),
  output: z.array(
    z
      .object({
        id: z.uuid(),
        email: z.string(),
        roleId: z.uuid(),
        invitedBy: z.uuid(),
        createdAt: z.string(),
        expiresAt: z.string(),
        answer: z.enum(['accepted', 'declined', 'revoked']).nullable(),
      })
      .meta({ id: 'Invitation' }),
  ),
  async run({ reader, identity: { tenantId } }) {
    const found = await reader.rows(
      query
        .selectFrom('invitations')
        .select([
          'id',
          'email',
          'role_id as roleId',
          'invited_by as invitedBy',
          'created_at as createdAt',
          'expires_at as expiresAt',
          'answer',
        ])
        .where('tenant_id', '=', tenantId)
        .orderBy('id', 'desc')
        .limit(1000),
    );
    return found.map((each) => ({ ...each, answer: answer.parse(each.answer) }));
  },
});

const answer = z.enum(['accepted', 'declined', 'revoked']).nullable();
