import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { planName } from './schema.ts';

export const setPlan = defineIdentityAction({
  name: 'plans.set',
  summary: 'Put an organization on a plan; a smaller one takes nothing away, it refuses what is added',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/organizations/{organizationId}/plan' },
  input: z.object({ organizationId: z.uuid(), plan: planName }),
  output: z.object({ organizationId: z.uuid(), plan: planName }),
  async run({ db, event }, { organizationId, plan }) {
    await sql`select app.set_plan(${organizationId}::uuid, ${plan})`.execute(db);
    event.on('organization', organizationId);
    event.in(organizationId);
    event.note({ plan });
    return { organizationId, plan };
  },
});
