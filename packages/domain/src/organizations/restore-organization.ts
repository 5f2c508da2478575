import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';

export const restoreOrganization = defineIdentityAction({
  name: 'organizations.restore',
  summary: 'Restore a deleted organization before it is erased, as one of its owners or who runs the installation',
  access: 'person',
  kind: 'mutation',
  rest: { method: 'DELETE', path: '/v1/organizations/{organizationId}/deletion' },
  input: z.object({ organizationId: z.uuid() }),
  output: z.object({ organizationId: z.uuid() }),
  async run({ db, event }, { organizationId }) {
    await sql`select app.restore_organization(${organizationId}::uuid)`.execute(db);
    event.on('organization', organizationId);
    event.in(organizationId);
    return { organizationId };
  },
});
