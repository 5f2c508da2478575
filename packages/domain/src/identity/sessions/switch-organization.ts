import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { makeToken } from '../opaque-token.ts';

export const switchOrganization = defineIdentityAction({
  name: 'session.switchOrganization',
  summary: 'Work in another organization from now on; the session gets a new token',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/session/organization' },
  input: z.object({ organizationId: z.uuid() }),
  output: z.object({ organizationId: z.uuid() }),
  async run({ db, event, caller: { userId, tokenId }, held }, { organizationId }) {
    const membership = await db
      .selectFrom('memberships')
      .select('tenant_id')
      .where('tenant_id', '=', organizationId)
      .where('user_id', '=', userId)
      .where('left_at', 'is', null)
      .executeTakeFirst();
    if (!membership) throw new DomainError('not_found', 'no such organization');
    const session = await db
      .selectFrom('identity.session_tokens as t')
      .innerJoin('identity.sessions as s', 's.id', 't.session_id')
      .select(['s.id', 's.absolute_expires_at as until'])
      .where('t.id', '=', tokenId)
      .executeTakeFirstOrThrow();
    event.in(organizationId);
    event.note({ sessionId: session.id });
    const token = makeToken();
    await db
      .insertInto('identity.session_tokens')
      .values({ token_hash: token.hash, session_id: session.id, tenant_id: organizationId })
      .execute();
    held.hold(token.text, new Date(session.until));
    return { organizationId };
  },
});
