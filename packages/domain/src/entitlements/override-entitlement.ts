import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { entitlementName } from './schema.ts';

export const overrideEntitlement = defineIdentityAction({
  name: 'plans.override',
  summary: 'Give one organization another limit than its plan, or include a feature, for a while or for good',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/organizations/{organizationId}/entitlements/{entitlement}' },
  input: z.object({
    organizationId: z.uuid(),
    entitlement: entitlementName,
    value: z
      .int()
      .min(0)
      .nullable()
      .describe('of a limit the most, null for none; of a feature 1 to include it, 0 not to'),
    reason: z.string().trim().min(1).max(500),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  }),
  output: z.object({ organizationId: z.uuid(), entitlement: entitlementName }),
  async run({ db, event }, { organizationId, entitlement, value, reason, expiresAt = null }) {
    await sql`select app.override_entitlement(${organizationId}::uuid, ${entitlement}, ${value}::bigint, ${reason},
      ${expiresAt}::timestamptz)`.execute(db);
    event.on('organization', organizationId);
    event.in(organizationId);
    event.note({ entitlement, value, reason, expiresAt });
    return { organizationId, entitlement };
  },
});
