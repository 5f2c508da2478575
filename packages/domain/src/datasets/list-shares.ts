import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectDataset } from './dataset-query.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { share } from './share-dataset.ts';

export const listShares = defineQuery({
  name: 'datasets.shares',
  summary: 'List with whom a dataset is shared; empty for those who do not administer it',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/shares' },
  input: z.object({ datasetId: z.uuid() }),
  output: z.array(share),
  async run({ reader, identity: { tenantId } }, { datasetId }) {
    const [[found], shares] = await reader.together(
      selectDataset(tenantId, datasetId),
      query
        .selectFrom('dataset_shares')
        .select(['id', 'user_id as userId', 'role_id as roleId', 'access'])
        .where('tenant_id', '=', tenantId)
        .where('dataset_id', '=', datasetId)
        .orderBy('id'),
    );
    if (!found) throw noSuchDataset();
    return shares;
  },
});
