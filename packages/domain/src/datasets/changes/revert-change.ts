import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { changeResult, seenVersion, versionNumber } from './schema.ts';

export const revertChange = defineMutation({
  name: 'datasets.revert',
  summary: 'Take a change set of the current version back, as a new one, if no row that it touched was changed since',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/changes/{number}/revert' },
  input: z.object({ datasetId: z.uuid(), version: seenVersion, number: versionNumber }),
  output: changeResult,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ number }, changed) => ({ reverts: number, ...changed }),
  },
  async run({ db }, { datasetId, version, number }) {
    const { rows } = await sql<{ changed: z.input<typeof changeResult> }>`
      select app.revert_change_set(${datasetId}::uuid, ${version}::integer, ${number}::integer) as changed`.execute(db);
    return rows[0]!.changed;
  },
});
