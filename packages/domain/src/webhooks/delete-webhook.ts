import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const deleteWebhook = defineMutation({
  name: 'webhooks.delete',
  summary: 'Delete a webhook, its secrets, and the log of what was delivered to it',
  access: 'webhook:write',
  rest: { method: 'DELETE', path: '/v1/webhooks/{webhookId}' },
  input: z.object({ webhookId: z.uuid() }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'webhook', entityId: ({ webhookId }) => webhookId },
  async run({ db }, { webhookId }) {
    await sql`select app.delete_webhook(${webhookId}::uuid)`.execute(db);
    return { deleted: true as const };
  },
});
