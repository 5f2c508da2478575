import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { versionNumber } from '../changes/schema.ts';

export const deleteVersion = defineMutation({
  name: 'datasets.deleteVersion',
  summary:
    'Delete the rows, statistics and exports of a version that nothing refers to; its original is removed in time',
  access: 'dataset:admin',
  rest: { method: 'DELETE', path: '/v1/datasets/{datasetId}/versions/{version}' },
  input: z.object({ datasetId: z.uuid(), version: versionNumber }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'dataset', entityId: ({ datasetId }) => datasetId, details: ({ version }) => ({ version }) },
  async run({ db }, { datasetId, version }) {
    await sql`select app.delete_version(${datasetId}::uuid, ${version}::integer)`.execute(db);
    return { deleted: true as const };
  },
});
