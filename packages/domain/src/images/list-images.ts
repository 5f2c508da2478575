import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectImages } from './image-query.ts';
import { buildStatus, image } from './schema.ts';

export const listImages = defineQuery({
  name: 'images.list',
  summary: 'List images of blocks and edges, newest first',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/images' },
  input: z.object({
    blockId: z.uuid().optional(),
    edgeId: z.uuid().optional(),
    repositoryId: z.uuid().optional(),
    status: buildStatus.optional(),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(image), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { blockId, edgeId, repositoryId, status, limit, cursor }) {
    const rows = await reader.rows(
      selectImages(tenantId)
        .$if(blockId !== undefined, (q) => q.where('block_id', '=', blockId!))
        .$if(edgeId !== undefined, (q) => q.where('edge_id', '=', edgeId!))
        .$if(repositoryId !== undefined, (q) => q.where('repository_id', '=', repositoryId!))
        .$if(status !== undefined, (q) => q.where('build_status', '=', status!))
        .$if(cursor !== undefined, (q) => q.where('id', '<', cursor!)) // ids are UUIDv7: in order of creation
        .orderBy('id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => image.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
