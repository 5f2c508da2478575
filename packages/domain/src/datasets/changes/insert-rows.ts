import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { applyChanges } from './apply-changes.ts';
import { changedRows, newRow, seenVersion } from './schema.ts';

export const insertRows = defineMutation({
  name: 'datasets.insertRows',
  summary: 'Add rows to the current version, with you as their contributor',
  access: 'dataset:write',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/rows' },
  input: z.object({ datasetId: z.uuid(), version: seenVersion, rows: z.array(newRow).min(1).max(1000) }),
  output: changedRows,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: (_input, { rows: _rows, ...changed }) => changed,
  },
  run: ({ db, identity: { tenantId } }, { datasetId, version, rows }) =>
    applyChanges(db, tenantId, { datasetId, version, changes: rows.map((values) => ({ op: 'insert', values })) }),
});
