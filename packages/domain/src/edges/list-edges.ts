import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { idsInCategory } from '../taxonomy/in-category.ts';
import { selectEdges } from './edge-query.ts';
import { edge } from './schema.ts';

export const listEdges = defineQuery({
  name: 'edges.list',
  summary: 'List the edges that one may see, newest first',
  access: 'edge:read',
  rest: { method: 'GET', path: '/v1/edges' },
  input: z.object({
    name: z.string().max(200).optional().meta({ description: 'Only the one with exactly this name' }),
    blockId: z.uuid().optional().meta({ description: 'Only those of which some version is joined to this block' }),
    categoryId: z.uuid().optional().meta({ description: 'Only what stands in this category, or below it' }),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(edge), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { limit, ...only }) {
    const rows = await reader.rows(
      selectEdges(tenantId)
        .$if(only.name !== undefined, (q) => q.where('e.name', '=', only.name!))
        .$if(only.blockId !== undefined, (q) =>
          q.where('e.id', 'in', (eb) =>
            eb
              .selectFrom('edge_bindings')
              .select('edge_id')
              .where('tenant_id', '=', tenantId)
              .where('block_id', '=', only.blockId!),
          ),
        )
        .$if(only.categoryId !== undefined, (q) => q.where('e.id', 'in', idsInCategory('edge', only.categoryId!)))
        .$if(only.cursor !== undefined, (q) => q.where('e.id', '<', only.cursor!)) // ids are UUIDv7: in order of creation
        .orderBy('e.id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => edge.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
