import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { ensureKeys } from '../encryption/ensure-keys.ts';
import { identifiers } from '../encryption/schema.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { selectDataset } from './dataset-query.ts';
import { dataset } from './schema.ts';

export const declareIdentifiers = defineMutation({
  name: 'datasets.declareIdentifiers',
  summary:
    'Say which columns identify people, best before a file is uploaded: their values then reach no table. What was loaded is loaded again with pseudonyms, and the versions that hold the values are removed',
  access: 'dataset:admin',
  rest: { method: 'PUT', path: '/v1/datasets/{datasetId}/identifiers' },
  input: z.object({ datasetId: z.uuid(), identifiers: identifiers.min(1) }),
  output: z.object({
    dataset,
    migrates: z.boolean().meta({
      description:
        'Versions hold what was declared: they are read until the next version takes their place, and are removed then',
    }),
  }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ identifiers: names }) => ({ identifiers: names }),
  },
  async run({ db, masterKeys, identity: { tenantId } }, { datasetId, identifiers: names }) {
    const declared = await sql<{ migrates: boolean }>`
      select app.declare_identifiers(${datasetId}::uuid, ${names}::text[]) as migrates`.execute(db);
    const migrates = declared.rows[0]!.migrates;
    await ensureKeys(db, masterKeys, tenantId, datasetId);
    const { rows } = await db.executeQuery(selectDataset(tenantId, datasetId));
    if (migrates) await enqueue(db, tenantId, 'dataset.pseudonymise', { datasetId });
    return { dataset: rows[0]!, migrates };
  },
});
