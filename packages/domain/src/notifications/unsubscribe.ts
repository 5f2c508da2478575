import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { hashToken } from '../identity/opaque-token.ts';
import { mailedToken } from '../identity/schema.ts';

/** Without signing in, because mail programs ask for it themselves (RFC 8058). As often as one likes. */
export const unsubscribe = defineIdentityAction({
  name: 'notifications.unsubscribe',
  summary: 'Get no more mails about what stood in a mail, by its link; the inbox goes on',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/notifications/unsubscriptions' },
  input: z.object({ token: mailedToken }),
  output: z.object({ userId: z.uuid(), types: z.array(z.string()) }),
  person: ({ userId }) => userId,
  async run({ db, event }, { token }) {
    const { rows } = await sql<{ userId: string; tenantId: string; types: string[] }>`
      select person as "userId", tenant as "tenantId", types from app.unsubscribe(${hashToken(token)})`.execute(db);
    const { userId, tenantId, types } = rows[0]!;
    event.in(tenantId);
    event.note({ types });
    return { userId, types };
  },
});
