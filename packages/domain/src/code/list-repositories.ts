import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectRepositories } from './repository-query.ts';
import { codeRepository } from './schema.ts';

export const listRepositories = defineQuery({
  name: 'repositories.list',
  summary: 'List where the code of blocks and edges is, newest first',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/repositories' },
  input: z.object({
    blockId: z.uuid().optional(),
    edgeId: z.uuid().optional(),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(codeRepository), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { blockId, edgeId, limit, cursor }) {
    const rows = await reader.rows(
      selectRepositories(tenantId)
        .$if(blockId !== undefined, (q) => q.where('block_id', '=', blockId!))
        .$if(edgeId !== undefined, (q) => q.where('edge_id', '=', edgeId!))
        .$if(cursor !== undefined, (q) => q.where('id', '<', cursor!)) // ids are UUIDv7: in order of creation
        .orderBy('id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => codeRepository.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
