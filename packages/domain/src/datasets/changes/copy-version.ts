import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { enqueue } from '../../jobs/enqueue.ts';

export const copyVersion = defineMutation({
  name: 'datasets.copyVersion',
  summary:
    'Copy the current version, which is kept as it is and too large to be copied on the way, to one that can be changed',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/copy' },
  input: z.object({ datasetId: z.uuid() }),
  output: z.object({
    versionId: z
      .uuid()
      .meta({ description: 'Current when its load (datasets.loadStatus) is ready; nothing is written until then' }),
  }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: (_input, { versionId }) => ({ versionId }),
  },
  async run({ db, identity: { tenantId } }, { datasetId }) {
    const { rows } = await sql<{ id: string }>`select app.request_copy(${datasetId}::uuid) as id`.execute(db);
    const versionId = rows[0]!.id;
    await enqueue(db, tenantId, 'dataset.copy', { datasetId, versionId });
    return { versionId };
  },
});
