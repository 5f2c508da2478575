import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { selectDataset } from './dataset-query.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { dataset, datasetName, description, origin } from './schema.ts';

export const describeDataset = defineMutation({
  name: 'datasets.describe',
  summary: 'Change the name, description or origin of a dataset',
  access: 'dataset:write',
  rest: { method: 'PATCH', path: '/v1/datasets/{datasetId}' },
  input: z.object({
    datasetId: z.uuid(),
    name: datasetName.optional(),
    description: description.optional(),
    origin: origin.optional(),
  }),
  output: dataset,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ datasetId: _id, ...changed }) => ({ changed: Object.keys(changed), name: changed.name }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, ...changed }) {
    const { numUpdatedRows } = await db
      .updateTable('datasets')
      .set({ ...withoutUndefined(changed), updated_at: sql`now()` })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', datasetId)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw noSuchDataset();
    const { rows } = await db.executeQuery(selectDataset(tenantId, datasetId));
    return rows[0]!;
  },
});

function withoutUndefined(changed: {
  name?: string | undefined;
  description?: string | undefined;
  origin?: string | undefined;
}) {
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
}
