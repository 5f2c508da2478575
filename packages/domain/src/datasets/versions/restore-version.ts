import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { versionNumber } from '../changes/schema.ts';
import { selectDataset } from '../dataset-query.ts';
import { dataset } from '../schema.ts';

export const restoreVersion = defineMutation({
  name: 'datasets.restore',
  summary: 'Make an older version current again, until a load that is asked for later takes its place',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/restore' },
  input: z.object({ datasetId: z.uuid(), version: versionNumber }),
  output: dataset,
  audit: { entityType: 'dataset', entityId: ({ datasetId }) => datasetId, details: ({ version }) => ({ version }) },
  async run({ db, identity: { tenantId } }, { datasetId, version }) {
    await sql`select app.restore_version(${datasetId}::uuid, ${version}::integer)`.execute(db);
    const { rows } = await db.executeQuery(selectDataset(tenantId, datasetId));
    return rows[0]!;
  },
});
