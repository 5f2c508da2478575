import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { idsInCategory } from '../taxonomy/in-category.ts';
import { selectBlocks } from './block-query.ts';
import { block, blockType } from './schema.ts';

export const listBlocks = defineQuery({
  name: 'blocks.list',
  summary: 'List the blocks that one may see, newest first',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/blocks' },
  input: z.object({
    name: z.string().max(200).optional().meta({ description: 'Only the one with exactly this name' }),
    blockType: blockType.optional(),
    datasetId: z.uuid().optional().meta({ description: 'Only blocks of this dataset' }),
    categoryId: z.uuid().optional().meta({ description: 'Only what stands in this category, or below it' }),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(block), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { limit, ...only }) {
    const rows = await reader.rows(
      selectBlocks(tenantId)
        .$if(only.name !== undefined, (q) => q.where('b.name', '=', only.name!))
        .$if(only.blockType !== undefined, (q) => q.where('b.block_type', '=', only.blockType!))
        .$if(only.datasetId !== undefined, (q) => q.where('b.dataset_id', '=', only.datasetId!))
        .$if(only.categoryId !== undefined, (q) => q.where('b.id', 'in', idsInCategory('block', only.categoryId!)))
        .$if(only.cursor !== undefined, (q) => q.where('b.id', '<', only.cursor!)) // ids are UUIDv7: in order of creation
        .orderBy('b.id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => block.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
