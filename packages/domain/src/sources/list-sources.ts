import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { source } from './schema.ts';
import { selectSources } from './source-query.ts';

export const listSources = defineQuery({
  name: 'sources.list',
  summary: 'List the organization’s sources, in the order in which they were made',
  access: 'source:read',
  rest: { method: 'GET', path: '/v1/sources' },
  input: z.object({
    limit: z.int().min(1).max(1000).default(100),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(source), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { limit, cursor }) {
    const rows = await reader.rows(
      selectSources(query, tenantId)
        .$if(cursor !== undefined, (q) => q.where('id', '>', cursor!))
        .orderBy('id')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => source.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
