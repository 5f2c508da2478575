import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectDataset } from './dataset-query.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { index } from './schema.ts';

export const listIndexes = defineQuery({
  name: 'datasets.indexes',
  summary: 'List the columns of a dataset that are indexed, or are to be',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/indexes' },
  input: z.object({ datasetId: z.uuid() }),
  output: z.array(index),
  async run({ reader, identity: { tenantId } }, { datasetId }) {
    const [[found], indexes] = await reader.together(
      selectDataset(tenantId, datasetId),
      query
        .selectFrom('dataset_indexes')
        .select(['column_name as column', 'state', 'error', 'created_at as createdAt'])
        .where('tenant_id', '=', tenantId)
        .where('dataset_id', '=', datasetId)
        .orderBy('column_name'),
    );
    if (!found) throw noSuchDataset();
    return indexes.map((each) => index.parse(each));
  },
});
