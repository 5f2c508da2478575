import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectDataset } from '../datasets/dataset-query.ts';
import { noSuchDataset } from '../datasets/no-such-dataset.ts';
import { datasetExport } from './schema.ts';
import { selectExports } from './select-exports.ts';

export const listExports = defineQuery({
  name: 'datasets.exports',
  summary: 'List your exports of a dataset, newest first',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/exports' },
  input: z.object({
    datasetId: z.uuid(),
    limit: z.int().min(1).max(1000).default(50),
    before: z.uuid().optional().meta({ description: 'nextBefore of the page before' }),
  }),
  output: z.object({ items: z.array(datasetExport), nextBefore: z.uuid().nullable() }),
  async run({ reader, identity: { tenantId } }, { datasetId, limit, before }) {
    const [[found], rows] = await reader.together(
      selectDataset(tenantId, datasetId),
      selectExports(tenantId, datasetId)
        .$if(before !== undefined, (q) => q.where('e.id', '<', before!)) // a UUIDv7 begins with its time
        .orderBy('e.id', 'desc')
        .limit(limit + 1),
    );
    if (!found) throw noSuchDataset();
    const items = rows.slice(0, limit).map((each) => datasetExport.parse(each));
    return { items, nextBefore: rows.length > limit ? items.at(-1)!.id : null };
  },
});
