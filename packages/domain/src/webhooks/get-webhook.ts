import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { webhook } from './schema.ts';
import { noSuchWebhook, selectWebhooks } from './webhook-query.ts';

export const getWebhook = defineQuery({
  name: 'webhooks.get',
  summary: 'Get one webhook, and which secrets sign what is sent to it now',
  access: 'webhook:read',
  rest: { method: 'GET', path: '/v1/webhooks/{webhookId}' },
  input: z.object({ webhookId: z.uuid() }),
  output: webhook.extend({
    secrets: z.array(z.object({ id: z.uuid(), createdAt: z.string(), expiresAt: z.string().nullable() })),
  }),
  async run({ reader, identity: { tenantId } }, { webhookId }) {
    const [found, secrets] = await reader.together(
      selectWebhooks(tenantId).where('id', '=', webhookId),
      query
        .selectFrom('webhook_secrets')
        .select(['id', 'created_at as createdAt', 'expires_at as expiresAt'])
        .where('tenant_id', '=', tenantId)
        .where('endpoint_id', '=', webhookId)
        .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', sql<string>`now()`)]))
        .orderBy('created_at', 'desc'),
    );
    if (!found[0]) throw noSuchWebhook();
    return { ...webhook.parse(found[0]), secrets };
  },
});
