import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const testWebhook = defineMutation({
  name: 'webhooks.test',
  summary: 'Send an event of the type webhook.test, which nothing has happened for',
  access: 'webhook:write',
  rest: { method: 'POST', path: '/v1/webhooks/{webhookId}/test' },
  input: z.object({ webhookId: z.uuid() }),
  output: z.object({ deliveryId: z.uuid() }),
  audit: { entityType: 'webhook', entityId: ({ webhookId }) => webhookId },
  async run({ db }, { webhookId }) {
    const { rows } = await sql<{ id: string }>`select app.test_webhook(${webhookId}::uuid) as id`.execute(db);
    return { deliveryId: rows[0]!.id };
  },
});
