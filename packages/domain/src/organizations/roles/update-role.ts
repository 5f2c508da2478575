import { z } from 'zod';
import { permissions } from '../../access/permissions.ts';
import { defineMutation } from '../../actions/define-action.ts';
import { writeRole } from './write-role.ts';

export const updateRole = defineMutation({
  name: 'roles.update',
  summary: 'Change a role; holds for everybody who has it from their next request on',
  access: 'role:write',
  rest: { method: 'PUT', path: '/v1/roles/{roleId}' },
  input: z.object({
    roleId: z.uuid(),
    name: z.string().trim().min(1).max(100),
    permissions: z.array(z.enum(permissions)).min(1),
  }),
  output: z.object({ roleId: z.uuid() }),
  audit: { entityType: 'role', entityId: ({ roleId }) => roleId, details: ({ roleId: _, ...rest }) => rest },
  run: async ({ db }, { roleId, ...role }) => ({ roleId: await writeRole(db, roleId, role) }),
});
