import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const setMemberRoles = defineMutation({
  name: 'members.setRoles',
  summary: 'Set the roles of a member; nobody gives or takes what they lack, and an owner remains',
  access: 'member:write',
  rest: { method: 'PUT', path: '/v1/members/{userId}/roles' },
  input: z.object({ userId: z.uuid(), roleIds: z.array(z.uuid()).min(1).max(50) }),
  output: z.object({ userId: z.uuid(), roleIds: z.array(z.uuid()) }),
  audit: { entityType: 'member', entityId: ({ userId }) => userId, details: ({ roleIds }) => ({ roleIds }) },
  async run({ db }, { userId, roleIds }) {
    await sql`select app.set_member_roles(${userId}::uuid, ${roleIds}::uuid[])`.execute(db);
    return { userId, roleIds };
  },
});
