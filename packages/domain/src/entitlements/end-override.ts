import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { entitlementName } from './schema.ts';

export const endOverride = defineIdentityAction({
  name: 'plans.endOverride',
  summary: 'Let what the plan says hold again for one organization',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'DELETE', path: '/v1/organizations/{organizationId}/entitlements/{entitlement}' },
  input: z.object({ organizationId: z.uuid(), entitlement: entitlementName }),
  output: z.object({ ended: z.literal(true) }),
  async run({ db, event }, { organizationId, entitlement }) {
    await sql`select app.end_override(${organizationId}::uuid, ${entitlement})`.execute(db);
    event.on('organization', organizationId);
    event.in(organizationId);
    event.note({ entitlement });
    return { ended: true as const };
  },
});
