import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { inboxCursor } from './schema.ts';

export const markAllRead = defineMutation({
  name: 'notifications.markAllRead',
  summary: 'Note all that you were told in the active organization as read',
  access: 'notification:write',
  rest: { method: 'POST', path: '/v1/notifications/read-all' },
  // strict: a misspelled `until` would mark what nobody has seen
  input: z.strictObject({
    until: inboxCursor
      .optional()
      .meta({ description: 'The cursor of the newest one that you saw: later ones stay unread' }),
  }),
  output: z.object({ marked: z.int() }),
  audit: { entityType: 'notification', entityId: () => null, details: (_input, { marked }) => ({ marked }) },
  async run({ db }, { until }) {
    const { rows } = await sql<{ marked: number }>`
      select app.read_notifications(null, ${until ?? null}::bigint) as marked`.execute(db);
    return { marked: rows[0]?.marked ?? 0 };
  },
});
