import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { applyChanges } from './apply-changes.ts';
import { changedRows, revision, rowId, seenVersion, setCells } from './schema.ts';

export const updateRow = defineMutation({
  name: 'datasets.updateRow',
  summary: 'Change cells of one row of the current version, if it is still as you saw it',
  access: 'dataset:write',
  rest: { method: 'PATCH', path: '/v1/datasets/{datasetId}/rows/{rowId}' },
  input: z.object({ datasetId: z.uuid(), rowId, version: seenVersion, revision, set: setCells }),
  output: changedRows,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ rowId: row, set }, { version, changeSet }) => ({
      rowId: row,
      columns: Object.keys(set),
      version,
      changeSet,
    }),
  },
  run: ({ db, identity: { tenantId } }, { datasetId, version, ...change }) =>
    applyChanges(db, tenantId, { datasetId, version, changes: [{ op: 'update', ...change }] }),
});
