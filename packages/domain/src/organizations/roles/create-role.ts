import { z } from 'zod';
import { permissions } from '../../access/permissions.ts';
import { defineMutation } from '../../actions/define-action.ts';
import { writeRole } from './write-role.ts';

export const createRole = defineMutation({
  name: 'roles.create',
  summary: 'Make a role, of permissions that one has oneself',
  access: 'role:write',
  rest: { method: 'POST', path: '/v1/roles' },
  input: z.object({ name: z.string().trim().min(1).max(100), permissions: z.array(z.enum(permissions)).min(1) }),
  output: z.object({ roleId: z.uuid() }),
  audit: { entityType: 'role', entityId: (_input, { roleId }) => roleId, details: (input) => input },
  run: async ({ db }, input) => ({ roleId: await writeRole(db, null, input) }),
});
