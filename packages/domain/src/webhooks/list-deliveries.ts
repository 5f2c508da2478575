import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { delivery, deliveryState } from './schema.ts';
import { selectDeliveries } from './webhook-query.ts';

export const listDeliveries = defineQuery({
  name: 'webhooks.deliveries',
  summary: 'What was sent to a webhook or waits to be, newest first; of what is about private things, your own',
  access: 'webhook:read',
  rest: { method: 'GET', path: '/v1/webhooks/{webhookId}/deliveries' },
  input: z.object({
    webhookId: z.uuid(),
    state: deliveryState.optional(),
    type: z.string().max(100).optional(),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(delivery), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { webhookId, state, type, limit, cursor }) {
    const rows = await reader.rows(
      selectDeliveries(tenantId, webhookId)
        .$if(state !== undefined, (q) => q.where('state', '=', state!))
        .$if(type !== undefined, (q) => q.where('type', '=', type!))
        .$if(cursor !== undefined, (q) => q.where('id', '<', cursor!))
        .orderBy('id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => delivery.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
