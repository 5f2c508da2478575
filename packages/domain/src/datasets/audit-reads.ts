import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const auditReads = defineMutation({
  name: 'datasets.auditReads',
  summary: 'Have every read of a dataset recorded, or no longer; while it is, nobody reads its rows past the API',
  access: 'dataset:admin',
  rest: { method: 'PUT', path: '/v1/datasets/{datasetId}/audit-reads' },
  input: z.object({ datasetId: z.uuid(), enabled: z.boolean() }),
  output: z.object({ datasetId: z.uuid(), enabled: z.boolean() }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ enabled }) => ({ enabled }),
  },
  async run({ db }, { datasetId, enabled }) {
    await sql`select app.set_audit_reads(${datasetId}::uuid, ${enabled})`.execute(db);
    return { datasetId, enabled };
  },
});
