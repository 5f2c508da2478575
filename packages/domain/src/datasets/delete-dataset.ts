import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const deleteDataset = defineMutation({
  name: 'datasets.delete',
  summary: 'Delete a dataset with all its versions',
  access: 'dataset:admin',
  rest: { method: 'DELETE', path: '/v1/datasets/{datasetId}' },
  input: z.object({ datasetId: z.uuid() }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'dataset', entityId: ({ datasetId }) => datasetId },
  async run({ db }, { datasetId }) {
    await sql`select app.delete_dataset(${datasetId}::uuid)`.execute(db);
    return { deleted: true as const };
  },
});
