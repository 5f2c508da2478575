import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectPipelines } from './pipeline-query.ts';
import { pipeline } from './schema.ts';

export const listPipelines = defineQuery({
  name: 'pipelines.list',
  summary: 'List the pipelines that one may see, newest first',
  access: 'pipeline:read',
  rest: { method: 'GET', path: '/v1/pipelines' },
  input: z.object({
    name: z.string().max(200).optional().meta({ description: 'Only the one with exactly this name' }),
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(pipeline), nextCursor: z.string().nullable() }),
  async run({ reader, identity: { tenantId } }, { name, limit, cursor }) {
    const rows = await reader.rows(
      selectPipelines(tenantId)
        .$if(name !== undefined, (q) => q.where('p.name', '=', name!))
        .$if(cursor !== undefined, (q) => q.where('p.id', '<', cursor!)) // ids are UUIDv7: in order of creation
        .orderBy('p.id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit).map((row) => pipeline.parse(row));
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
