import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';

export const unshareDataset = defineMutation({
  name: 'datasets.unshare',
  summary: 'Take a share back; effective at the next request',
  access: 'dataset:admin',
  rest: { method: 'DELETE', path: '/v1/datasets/{datasetId}/shares/{shareId}' },
  input: z.object({ datasetId: z.uuid(), shareId: z.uuid() }),
  output: z.object({ removed: z.literal(true) }),
  audit: { entityType: 'dataset', entityId: ({ datasetId }) => datasetId, details: ({ shareId }) => ({ shareId }) },
  async run({ db, identity: { tenantId } }, { datasetId, shareId }) {
    const { numDeletedRows } = await db
      .deleteFrom('dataset_shares')
      .where('tenant_id', '=', tenantId)
      .where('dataset_id', '=', datasetId)
      .where('id', '=', shareId)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new DomainError('not_found', 'no such share');
    return { removed: true as const };
  },
});
