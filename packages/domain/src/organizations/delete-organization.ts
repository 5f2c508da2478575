import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { checkItIsThem } from '../identity/account/check-it-is-them.ts';

export const deleteOrganization = defineIdentityAction({
  name: 'organization.delete',
  summary:
    'Delete the active organization, as its owner and with the password once more: closed at once, erased after a time of grace in which it can be restored',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/organization/deletion' },
  input: z.object({ currentPassword: z.string().min(1).max(200) }),
  output: z.object({ organizationId: z.uuid(), erasedAfter: z.string() }),
  prepare: (context, { currentPassword }) => checkItIsThem(context, currentPassword),
  async run({ db, services, event, caller: { tenantId } }) {
    if (tenantId === undefined) throw new DomainError('precondition', 'no organization is active: switch to one');
    const { rows } = await sql<{ until: string }>`
      select app.delete_organization(make_interval(days => ${services.graceDays})) as until`.execute(db);
    event.on('organization', tenantId);
    return { organizationId: tenantId, erasedAfter: rows[0]!.until };
  },
});
