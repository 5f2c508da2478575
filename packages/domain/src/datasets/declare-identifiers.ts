import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { ensureKeys } from '../encryption/ensure-keys.ts';
import { identifiers } from '../encryption/schema.ts';
import { selectDataset } from './dataset-query.ts';
import { dataset } from './schema.ts';

export const declareIdentifiers = defineMutation({
  name: 'datasets.declareIdentifiers',
  summary: 'Say which columns identify people, before a file is uploaded: their values then reach no table',
  access: 'dataset:admin',
  rest: { method: 'PUT', path: '/v1/datasets/{datasetId}/identifiers' },
  input: z.object({ datasetId: z.uuid(), identifiers: identifiers.min(1) }),
  output: dataset,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ identifiers: names }) => ({ identifiers: names }),
  },
  async run({ db, masterKeys, identity: { tenantId } }, { datasetId, identifiers: names }) {
    await sql`select app.declare_identifiers(${datasetId}::uuid, ${names}::text[])`.execute(db);
    await ensureKeys(db, masterKeys, tenantId, datasetId);
    const { rows } = await db.executeQuery(selectDataset(tenantId, datasetId));
    return rows[0]!;
  },
});
