import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedWebhook } from './changed-webhook.ts';
import { requireAllowedUrl } from './require-allowed-url.ts';
import { description, types, url, webhook } from './schema.ts';

export const updateWebhook = defineMutation({
  name: 'webhooks.update',
  summary: 'Change where a webhook leads or what it is told of. Who gives it another URL becomes its owner',
  access: 'webhook:write',
  rest: { method: 'PATCH', path: '/v1/webhooks/{webhookId}' },
  input: z.object({
    webhookId: z.uuid(),
    url: url.optional(),
    description: description.optional(),
    types: types.optional(),
    takeOver: z.literal(true).optional().meta({ description: 'Make it yours: it is told of what you would be shown' }),
  }),
  output: webhook,
  audit: {
    entityType: 'webhook',
    entityId: ({ webhookId }) => webhookId,
    details: (input, { url, ownerId, types }) => ({
      ownerId,
      ...(input.url !== undefined && { host: new URL(url).host }),
      ...(input.types !== undefined && { types }),
    }),
  },
  run({ db, outboundAllow }, { webhookId, ...changes }) {
    const allowed = changes.url === undefined ? {} : { url: requireAllowedUrl(changes.url, outboundAllow) };
    // what is undefined is not in the JSON, and so is not changed
    const json = JSON.stringify({ ...changes, ...allowed });
    return changedWebhook(db, sql`app.update_webhook(${webhookId}::uuid, ${json}::jsonb)`);
  },
});
