import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { readingOptions } from './reading-options.ts';
import { requestLoad } from './request-load.ts';

export const loadDataset = defineMutation({
  name: 'datasets.load',
  summary: 'Load a finished upload as the next version; readers keep the present one until it is published',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/versions' },
  input: z.object({ datasetId: z.uuid(), uploadId: z.uuid(), options: readingOptions.default({}) }),
  output: z.object({ versionId: z.uuid() }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ uploadId }, { versionId }) => ({ uploadId, versionId }),
  },
  run: async ({ db, identity }, input) => ({ versionId: await requestLoad(db, identity.tenantId, input) }),
});
