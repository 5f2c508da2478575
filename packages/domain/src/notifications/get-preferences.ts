import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { describedEvents, type EventTypeName } from './events.ts';
import { mailChoice, preference } from './schema.ts';

export const getPreferences = defineQuery({
  name: 'notifications.preferences',
  summary: 'What you are told of in the active organization, and how',
  access: 'notification:read',
  rest: { method: 'GET', path: '/v1/notifications/preferences' },
  input: z.object({}),
  output: z.object({ items: z.array(preference) }),
  async run({ reader, identity: { tenantId, userId } }) {
    const rows = await reader.rows(
      query
        .selectFrom('notification_preferences')
        .select(['type', 'inbox', 'mail'])
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId),
    );
    const chosen = new Map(rows.map(({ type, inbox, mail }) => [type, { inbox, mail: mailChoice.parse(mail) }]));
    const names = Object.keys(describedEvents) as EventTypeName[];
    return {
      items: names
        .filter((type) => !describedEvents[type].isForPrograms)
        .map((type) => {
          const { label, description, inbox, mail, isRequired = false } = describedEvents[type];
          const mine = chosen.get(type);
          return { type, label, description, inbox, mail, ...mine, isRequired, isDefault: mine === undefined };
        }),
    };
  },
});
