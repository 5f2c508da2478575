import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const leaveOrganization = defineMutation({
  name: 'members.leave',
  summary: 'Leave the active organization; one’s datasets and to-dos go to the successor',
  access: 'organization:read',
  rest: { method: 'POST', path: '/v1/organization/leave' },
  input: z.object({ successorId: z.uuid().optional() }),
  output: z.object({ userId: z.uuid() }),
  audit: { entityType: 'member', entityId: (_input, { userId }) => userId },
  async run({ db, identity: { userId } }, { successorId }) {
    await sql`select app.remove_member(${userId}::uuid, ${successorId ?? null}::uuid)`.execute(db);
    return { userId };
  },
});
