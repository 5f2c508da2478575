import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';

export const createOrganization = defineIdentityAction({
  name: 'organizations.create',
  summary: 'Make an organization and own it; switch to it to work there',
  access: 'person',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/organizations' },
  input: z.object({ name: z.string().trim().min(1).max(200) }),
  output: z.object({ organizationId: z.uuid() }),
  async run({ db, event }, { name }) {
    const { rows } = await sql<{ id: string }>`select app.found_organization(${name}) as id`.execute(db);
    const organizationId = rows[0]!.id;
    event.on('organization', organizationId);
    event.in(organizationId);
    event.note({ name });
    return { organizationId };
  },
});
