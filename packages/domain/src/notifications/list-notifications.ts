import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectNotifications, toNotification } from './notification-query.ts';
import { eventTypeName, inboxCursor, notification } from './schema.ts';

export const listNotifications = defineQuery({
  name: 'notifications.list',
  summary: 'List what you were told in the active organization, newest first',
  access: 'notification:read',
  rest: { method: 'GET', path: '/v1/notifications' },
  input: z.object({
    unread: z.boolean().default(false).meta({ description: 'Only what you have not read' }),
    type: eventTypeName.optional(),
    limit: z.int().min(1).max(1000).default(50),
    cursor: inboxCursor.optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(notification), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId, userId } }, { unread, type, limit, cursor }) {
    const rows = await reader.rows(
      selectNotifications(tenantId, userId)
        .where('n.place', 'is not', null)
        .$if(unread, (q) => q.where('n.read_at', 'is', null))
        .$if(type !== undefined, (q) => q.where('n.type', '=', type!))
        .$if(cursor !== undefined, (q) => q.where('n.place', '<', Number(cursor)))
        .orderBy('n.place', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map(toNotification);
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.cursor : null };
  },
});
