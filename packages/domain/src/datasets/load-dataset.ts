import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { readingOptions } from './reading-options.ts';
import { requestLoad } from './request-load.ts';
import { deliveryInput } from './schema.ts';

export const loadDataset = defineMutation({
  name: 'datasets.load',
  summary:
    'Load a finished upload as the next version, or into the present one; readers keep what they have until it is done',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/versions' },
  input: z.object({
    datasetId: z.uuid(),
    uploadId: z.uuid(),
    options: readingOptions.default({}),
    ...deliveryInput,
  }),
  output: z.object({ versionId: z.uuid() }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ uploadId, mode }, { versionId }) => ({ uploadId, versionId, mode }),
  },
  run: async ({ db, identity }, input) => ({ versionId: await requestLoad(db, identity.tenantId, input) }),
});
