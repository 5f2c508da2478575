import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedWebhook } from './changed-webhook.ts';
import { webhook } from './schema.ts';

export const disableWebhook = defineMutation({
  name: 'webhooks.disable',
  summary: 'Switch a webhook off: what waits goes on waiting, and what happens meanwhile is not kept for it',
  access: 'webhook:write',
  rest: { method: 'DELETE', path: '/v1/webhooks/{webhookId}/activation' },
  input: z.object({ webhookId: z.uuid() }),
  output: webhook,
  audit: { entityType: 'webhook', entityId: ({ webhookId }) => webhookId, details: () => ({ isActive: false }) },
  run: ({ db }, { webhookId }) => changedWebhook(db, sql`app.set_webhook_active(${webhookId}::uuid, false)`),
});
