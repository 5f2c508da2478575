import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';

const role = z
  .object({ id: z.uuid(), name: z.string(), isBuiltin: z.boolean(), permissions: z.array(z.string()) })
  .meta({ id: 'Role' });

export const listRoles = defineQuery({
  name: 'roles.list',
  summary: 'List the roles of the active organization and what they permit',
  access: 'member:read',
  rest: { method: 'GET', path: '/v1/roles' },
  input: z.object({}),
  output: z.array(role),
  async run({ reader, identity: { tenantId } }) {
    const [roles, allowed] = await reader.together(
      query
        .selectFrom('roles')
        .select(['id', 'name', 'is_builtin as isBuiltin'])
        .where('tenant_id', '=', tenantId)
        .orderBy('name'),
      query
        .selectFrom('role_permissions')
        .select(['role_id', 'permission'])
        .where('tenant_id', '=', tenantId)
        .orderBy('permission'),
    );
    const byRole = Map.groupBy(allowed, ({ role_id }) => role_id);
    return roles.map((each) => ({
      ...each,
      permissions: (byRole.get(each.id) ?? []).map(({ permission }) => permission),
    }));
  },
});
