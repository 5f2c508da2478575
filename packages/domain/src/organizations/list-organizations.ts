import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';

export const listOrganizations = defineIdentityAction({
  name: 'organizations.list',
  summary: 'List the organizations that one belongs to',
  access: 'person',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/organizations' },
  input: z.object({}),
  output: z.array(z.object({ id: z.uuid(), name: z.string(), isActive: z.boolean() })),
  async run({ db, caller: { tenantId } }) {
    const found = await db.selectFrom('organizations').select(['id', 'name']).orderBy('name').orderBy('id').execute();
    return found.map((each) => ({ ...each, isActive: each.id === tenantId }));
  },
});
