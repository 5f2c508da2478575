import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { webhook } from './schema.ts';
import { selectWebhooks } from './webhook-query.ts';

export const listWebhooks = defineQuery({
  name: 'webhooks.list',
  summary: 'List the organization’s webhooks, newest first',
  access: 'webhook:read',
  rest: { method: 'GET', path: '/v1/webhooks' },
  input: z.object({ limit: z.int().min(1).max(1000).default(100), cursor: z.uuid().optional() }),
  output: z.object({ items: z.array(webhook), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { limit, cursor }) {
    const rows = await reader.rows(
      selectWebhooks(tenantId)
        .$if(cursor !== undefined, (q) => q.where('id', '<', cursor!))
        .orderBy('id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => webhook.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
