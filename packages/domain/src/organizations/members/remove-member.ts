import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const removeMember = defineMutation({
  name: 'members.remove',
  summary: 'Remove a member, effective at their next request; their datasets and to-dos go to the successor',
  access: 'member:write',
  rest: { method: 'DELETE', path: '/v1/members/{userId}' },
  input: z.object({
    userId: z.uuid(),
    successorId: z
      .uuid()
      .optional()
      .meta({ description: 'Who is to own their datasets and to-dos; needed where they have some' }),
  }),
  output: z.object({ userId: z.uuid() }),
  audit: { entityType: 'member', entityId: ({ userId }) => userId, details: ({ successorId }) => ({ successorId }) },
  async run({ db }, { userId, successorId }) {
    await sql`select app.remove_member(${userId}::uuid, ${successorId ?? null}::uuid)`.execute(db);
    return { userId };
  },
});
