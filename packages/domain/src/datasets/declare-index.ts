import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { index } from './schema.ts';

export const declareIndex = defineMutation({
  name: 'datasets.index',
  summary:
    'Have a column indexed in the current version and every later one, so that pages in its order take no longer in large tables',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/indexes' },
  input: z.object({ datasetId: z.uuid(), column: z.string().min(1).max(63) }),
  output: index,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ column }) => ({ column }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, column }) {
    const { rows } = await sql<z.input<typeof index>>`
      select column_name as "column", state, error, created_at as "createdAt"
      from app.declare_index(${datasetId}::uuid, ${column})`.execute(db);
    await enqueue(db, tenantId, 'dataset.index', { datasetId });
    return rows[0]!;
  },
});
