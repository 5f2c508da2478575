import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';

export const countUnread = defineQuery({
  name: 'notifications.unreadCount',
  summary: 'Count what you were told in the active organization and have not read',
  access: 'notification:read',
  rest: { method: 'GET', path: '/v1/notifications/unread-count' },
  input: z.object({}),
  output: z.object({ unread: z.int() }),
  async run({ reader, identity: { tenantId, userId } }) {
    const [counted] = await reader.rows(
      query
        .selectFrom('notifications')
        .select((eb) => eb.fn.countAll<number>().as('unread'))
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('read_at', 'is', null)
        .where('place', 'is not', null),
    );
    return { unread: Number(counted?.unread ?? 0) };
  },
});
