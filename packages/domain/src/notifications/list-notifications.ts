import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectInbox, toNotification, withNames } from './notification-query.ts';
import { eventTypeName, inboxCursor, notification } from './schema.ts';

const filter = z.object({
  unread: z.boolean().default(false).meta({ description: 'Only what you have not read' }),
  type: eventTypeName.optional(),
  limit: z.int().min(1).max(1000).default(50),
  cursor: inboxCursor.optional().meta({ description: 'nextCursor of the page before' }),
});

/** A page of an inbox, newest first, and one more where there are more. */
export const selectInboxPage = (
  tenantId: string,
  userId: string,
  { unread = false, type, limit = 50, cursor }: z.input<typeof filter> = {},
) =>
  withNames(
    selectInbox(tenantId, userId)
      .$if(unread, (q) => q.where('read_at', 'is', null))
      .$if(type !== undefined, (q) => q.where('type', '=', type!))
      .$if(cursor !== undefined, (q) => q.where('place', '<', Number(cursor)))
      .orderBy('place', 'desc')
      .limit(limit + 1),
  ).orderBy('n.place', 'desc');

export const listNotifications = defineQuery({
  name: 'notifications.list',
  summary: 'List what you were told in the active organization, newest first',
  access: 'notification:read',
  rest: { method: 'GET', path: '/v1/notifications' },
  input: filter,
  output: z.object({ items: z.array(notification), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId, userId } }, input) {
    const rows = await reader.rows(selectInboxPage(tenantId, userId, input));
    const items = rows.slice(0, input.limit).map(toNotification);
    return { items, nextCursor: rows.length > input.limit ? items.at(-1)!.cursor : null };
  },
});
