import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { applyChanges } from './apply-changes.ts';
import { changedRows, rowChange, seenVersion } from './schema.ts';

export const changeRows = defineMutation({
  name: 'datasets.changeRows',
  summary: 'Update, delete and insert rows of the current version, all of them or none, as one change set',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/changes' },
  input: z.object({ datasetId: z.uuid(), version: seenVersion, changes: z.array(rowChange).min(1).max(1000) }),
  output: changedRows,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: (_input, { rows: _rows, ...changed }) => changed,
  },
  run: ({ db, identity: { tenantId } }, input) => applyChanges(db, tenantId, input),
});
