import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { enqueue } from '../jobs/enqueue.ts';

export const removeIndex = defineMutation({
  name: 'datasets.unindex',
  summary: 'Have a column indexed no longer',
  access: 'dataset:write',
  rest: { method: 'DELETE', path: '/v1/datasets/{datasetId}/indexes/{column}' },
  input: z.object({ datasetId: z.uuid(), column: z.string().min(1).max(63) }),
  output: z.object({ removed: z.literal(true) }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ column }) => ({ column }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, column }) {
    await sql`select app.undeclare_index(${datasetId}::uuid, ${column})`.execute(db);
    await enqueue(db, tenantId, 'dataset.index', { datasetId });
    return { removed: true as const };
  },
});
