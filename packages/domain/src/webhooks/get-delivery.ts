import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { attempt, delivery } from './schema.ts';
import { noSuchDelivery, selectDeliveries } from './webhook-query.ts';

const delivered = delivery.extend({ payload: z.record(z.string(), z.unknown()), log: z.array(attempt) });

export const getDelivery = defineQuery({
  name: 'webhooks.delivery',
  summary: 'One delivery: what was sent, and what came of each attempt',
  access: 'webhook:read',
  rest: { method: 'GET', path: '/v1/webhooks/{webhookId}/deliveries/{deliveryId}' },
  input: z.object({ webhookId: z.uuid(), deliveryId: z.uuid() }),
  output: delivered,
  async run({ reader, identity: { tenantId } }, { webhookId, deliveryId }) {
    const [found, log] = await reader.together(
      selectDeliveries(tenantId, webhookId).select('payload').where('id', '=', deliveryId),
      query
        .selectFrom('webhook_attempts')
        .select(['number', 'started_at as startedAt', 'duration_ms as durationMs', 'status', 'error', 'answer'])
        .where('tenant_id', '=', tenantId)
        .where('delivery_id', '=', deliveryId)
        .orderBy('number'),
    );
    if (!found[0]) throw noSuchDelivery();
    return delivered.parse({ ...found[0], log });
  },
});
