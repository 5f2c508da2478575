import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectCategories } from './category-query.ts';
import { category } from './schema.ts';

export const listCategories = defineQuery({
  name: 'taxonomy.list',
  summary: 'List the categories: all of them, or those below one',
  access: 'taxonomy:read',
  rest: { method: 'GET', path: '/v1/categories' },
  input: z.object({
    below: z.uuid().nullable().optional().meta({ description: 'Only those right below this one' }),
    top: z.boolean().optional().meta({ description: 'Only those at the top' }),
    name: z.string().max(200).optional(),
    limit: z.int().min(1).max(10_000).default(1000),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(category), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { limit, ...only }) {
    const rows = await reader.rows(
      selectCategories(tenantId)
        .$if(only.below != null, (q) => q.where('parent_id', '=', only.below!))
        .$if(only.top === true, (q) => q.where('parent_id', 'is', null))
        .$if(only.name !== undefined, (q) => q.where('name', '=', only.name!))
        .$if(only.cursor !== undefined, (q) => q.where('id', '>', only.cursor!))
        .orderBy('id')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => category.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
