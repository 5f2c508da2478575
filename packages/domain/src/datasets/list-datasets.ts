import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectDatasets } from './dataset-query.ts';
import { dataset, pageInput } from './schema.ts';

export const listDatasets = defineQuery({
  name: 'datasets.list',
  summary: 'List the datasets that one owns or that are shared with one, newest first',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets' },
  input: z.object({
    ...pageInput,
    name: z.string().max(200).optional().meta({ description: 'Only datasets with exactly this name' }),
    cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ items: z.array(dataset), nextCursor: z.string().nullable() }),
  async run({ reader, identity }, { limit, cursor, name }) {
    const rows = await reader.rows(
      selectDatasets()
        .where('d.tenant_id', '=', identity.tenantId)
        .$if(name !== undefined, (q) => q.where('d.name', '=', name!))
        .$if(cursor !== undefined, (q) => q.where('d.id', '<', cursor!)) // ids are UUIDv7: in order of creation
        .orderBy('d.id', 'desc')
        .limit(limit + 1),
    );
    const items = rows.slice(0, limit);
    return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
  },
});
