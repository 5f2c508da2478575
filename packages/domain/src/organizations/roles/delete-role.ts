import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const deleteRole = defineMutation({
  name: 'roles.delete',
  summary: 'Delete a role; whoever had it loses what it gave',
  access: 'role:write',
  rest: { method: 'DELETE', path: '/v1/roles/{roleId}' },
  input: z.object({ roleId: z.uuid() }),
  output: z.object({ roleId: z.uuid() }),
  audit: { entityType: 'role', entityId: ({ roleId }) => roleId },
  async run({ db }, { roleId }) {
    await sql`select app.delete_role(${roleId}::uuid)`.execute(db);
    return { roleId };
  },
});
