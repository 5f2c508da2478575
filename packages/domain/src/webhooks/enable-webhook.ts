import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedWebhook } from './changed-webhook.ts';
import { webhook } from './schema.ts';

export const enableWebhook = defineMutation({
  name: 'webhooks.enable',
  summary: 'Switch a webhook on again',
  access: 'webhook:write',
  rest: { method: 'PUT', path: '/v1/webhooks/{webhookId}/activation' },
  input: z.object({ webhookId: z.uuid() }),
  output: webhook,
  audit: { entityType: 'webhook', entityId: ({ webhookId }) => webhookId, details: () => ({ isActive: true }) },
  run: ({ db }, { webhookId }) => changedWebhook(db, sql`app.set_webhook_active(${webhookId}::uuid, true)`),
});
