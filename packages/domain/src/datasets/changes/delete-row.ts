import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { applyChanges } from './apply-changes.ts';
import { changedRows, revision, rowId, seenVersion } from './schema.ts';

export const deleteRow = defineMutation({
  name: 'datasets.deleteRow',
  summary: 'Delete one row of the current version, if it is still as you saw it',
  access: 'dataset:write',
  rest: { method: 'DELETE', path: '/v1/datasets/{datasetId}/rows/{rowId}' },
  input: z.object({ datasetId: z.uuid(), rowId, version: seenVersion, revision }),
  output: changedRows,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ rowId: row }, { version, changeSet }) => ({ rowId: row, version, changeSet }),
  },
  run: ({ db, identity: { tenantId } }, { datasetId, version, ...change }) =>
    applyChanges(db, tenantId, { datasetId, version, changes: [{ op: 'delete', ...change }] }),
});
