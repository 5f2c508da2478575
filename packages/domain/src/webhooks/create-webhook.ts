import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { uuidv7 } from '../ids/uuidv7.ts';
import { changedWebhook } from './changed-webhook.ts';
import { requireAllowedUrl } from './require-allowed-url.ts';
import { description, secret, types, url, webhook } from './schema.ts';
import { makeWebhookSecret } from './webhook-secret.ts';

export const createWebhook = defineMutation({
  name: 'webhooks.create',
  summary: 'Have a program told, by signed requests, of what happens and you would be shown',
  access: 'webhook:write',
  rest: { method: 'POST', path: '/v1/webhooks' },
  input: z.object({ url, description: description.default(''), types: types.default(null) }),
  output: z.object({ webhook, secret }),
  audit: {
    entityType: 'webhook',
    entityId: (_input, { webhook }) => webhook.id,
    // receivers put secrets into the paths and queries of their URLs
    details: (_input, { webhook }) => ({ host: new URL(webhook.url).host, types: webhook.types }),
  },
  async run({ db, masterKeys, outboundAllow, identity: { tenantId } }, input) {
    const webhookId = uuidv7();
    const allowed = requireAllowedUrl(input.url, outboundAllow);
    const made = makeWebhookSecret(masterKeys, { tenantId, webhookId });
    const created = await changedWebhook(
      db,
      sql`app.create_webhook(${webhookId}::uuid, ${allowed}, ${input.description}, ${input.types}::text[], ${made.id}::uuid, ${made.wrapped})`,
    );
    return { webhook: created, secret: made.text };
  },
});
