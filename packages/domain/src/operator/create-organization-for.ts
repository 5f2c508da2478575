import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';

export const createOrganizationFor = defineOperatorAction({
  name: 'operator.createOrganization',
  summary: 'Make an organization that somebody owns',
  kind: 'mutation',
  input: z.object({ name: z.string().trim().min(1).max(200), ownerId: z.uuid() }),
  output: z.object({ organizationId: z.uuid() }),
  async run({ db, event }, { name, ownerId }) {
    const { rows } = await sql<{
      id: string;
    }>`select app.create_organization_for(${name}, ${ownerId}::uuid) as id`.execute(db);
    const organizationId = rows[0]!.id;
    event.on('organization', organizationId);
    event.in(organizationId);
    event.note({ name, ownerId });
    return { organizationId };
  },
});
