import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

/** One that is read already, or is not the caller's, is passed over: reading twice is no mistake. */
export const markRead = defineMutation({
  name: 'notifications.markRead',
  summary: 'Note notifications as read; those that are not yours, or read already, are passed over',
  access: 'notification:write',
  rest: { method: 'POST', path: '/v1/notifications/read' },
  input: z.object({ notificationIds: z.array(z.uuid()).min(1).max(1000) }),
  output: z.object({ marked: z.int() }),
  audit: {
    entityType: 'notification',
    entityId: ({ notificationIds }) => (notificationIds.length === 1 ? (notificationIds[0] ?? null) : null),
    details: (_input, { marked }) => ({ marked }),
  },
  async run({ db }, { notificationIds }) {
    const { rows } = await sql<{ marked: number }>`
      select app.read_notifications(${notificationIds}::uuid[], null) as marked`.execute(db);
    return { marked: rows[0]?.marked ?? 0 };
  },
});
