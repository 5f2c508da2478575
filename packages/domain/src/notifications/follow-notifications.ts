import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectInbox, toNotification, withNames } from './notification-query.ts';
import { inboxCursor, notification } from './schema.ts';

export const selectSince = (tenantId: string, userId: string, cursor: string, limit: number) =>
  withNames(selectInbox(tenantId, userId).where('place', '>', Number(cursor)).orderBy('place').limit(limit)).orderBy(
    'n.place',
  );

/**
 * In the order of places, which is that of commits: a place is given under a lock on the inbox that is held until its
 * transaction ends. So whoever goes on from `cursor` misses none, and waits for nobody else's transaction.
 */
export const followNotifications = defineQuery({
  name: 'notifications.follow',
  summary: 'List what you were told since a cursor, oldest first; without one, nothing but the cursor of now',
  access: 'notification:read',
  rest: { method: 'GET', path: '/v1/notifications/since' },
  input: z.object({ limit: z.int().min(1).max(1000).default(100), cursor: inboxCursor.optional() }),
  output: z.object({ items: z.array(notification), cursor: z.string() }),
  async run({ reader, identity: { tenantId, userId } }, { limit, cursor }) {
    if (cursor === undefined) {
      const [inbox] = await reader.rows(
        query
          .selectFrom('notification_inboxes')
          .select(sql<string>`last_place::text`.as('cursor'))
          .where('tenant_id', '=', tenantId)
          .where('user_id', '=', userId),
      );
      return { items: [], cursor: inbox?.cursor ?? '0' };
    }
    const rows = await reader.rows(selectSince(tenantId, userId, cursor, limit));
    return { items: rows.map(toNotification), cursor: rows.at(-1)?.cursor ?? cursor };
  },
});
