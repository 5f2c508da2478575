import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { closing, closingColumns } from './closing.ts';

export const listOrganizations = defineIdentityAction({
  name: 'organizations.list',
  summary: 'List the organizations that one belongs to, also those that were deleted and can still be restored',
  access: 'person',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/organizations' },
  input: z.object({}),
  output: z.array(z.object({ id: z.uuid(), name: z.string(), isActive: z.boolean(), ...closing })),
  async run({ db, caller: { userId, tenantId } }) {
    const found = await db
      .selectFrom('organizations as o')
      .innerJoin('memberships as m', 'm.tenant_id', 'o.id')
      .select(['o.id', 'o.name', ...closingColumns])
      .where('m.user_id', '=', userId)
      .where('m.left_at', 'is', null)
      .orderBy('o.name')
      .orderBy('o.id')
      .execute();
    return found.map((each) => ({ ...each, isActive: each.id === tenantId }));
  },
});
