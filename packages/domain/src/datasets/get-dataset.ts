import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectDataset } from './dataset-query.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { dataset } from './schema.ts';

export const getDataset = defineQuery({
  name: 'datasets.get',
  summary: 'Get one dataset',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}' },
  input: z.object({ datasetId: z.uuid() }),
  output: dataset,
  async run({ reader, identity }, { datasetId }) {
    const [found] = await reader.rows(selectDataset(identity.tenantId, datasetId));
    if (!found) throw noSuchDataset();
    return found;
  },
});
