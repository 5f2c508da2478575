import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { describedEvents } from './events.ts';
import { eventTypeName, mailChoice } from './schema.ts';

export const setPreference = defineMutation({
  name: 'notifications.setPreference',
  summary: 'Choose how you are told of something in the active organization; what you leave out stays as it is',
  access: 'notification:write',
  rest: { method: 'PUT', path: '/v1/notifications/preferences/{type}' },
  input: z.strictObject({ type: eventTypeName, inbox: z.boolean().optional(), mail: mailChoice.optional() }),
  output: z.object({ type: eventTypeName, inbox: z.boolean(), mail: mailChoice }),
  audit: {
    entityType: 'notification_preference',
    entityId: () => null,
    details: ({ type, inbox, mail }) => ({ type, inbox, mail }),
  },
  async run({ db, identity: { tenantId, userId } }, { type, inbox, mail }) {
    if (describedEvents[type].isForPrograms)
      throw new DomainError('invalid', 'people are not told of this: webhooks are', { type });
    await sql`select app.set_notification_preference(${type}, ${inbox ?? null}::boolean, ${mail ?? null})`.execute(db);
    const chosen = await db
      .selectFrom('notification_preferences')
      .select(['inbox', 'mail'])
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('type', '=', type)
      .executeTakeFirstOrThrow();
    return { type, inbox: chosen.inbox, mail: mailChoice.parse(chosen.mail) };
  },
});
