import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { missingVersion } from './missing-version.ts';
import { column, versionName } from './schema.ts';
import { selectVersion } from './version-query.ts';

export const listColumns = defineQuery({
  name: 'datasets.columns',
  summary: 'List the columns of a version with their types and why they have them',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/columns' },
  input: z.object({ datasetId: z.uuid(), version: versionName.optional() }),
  output: z.object({ version: z.int(), columns: z.array(column) }),
  async run({ reader, identity: { tenantId } }, { datasetId, version }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const [[found], columns] = await reader.together(
      wanted,
      query
        .selectFrom('dataset_columns')
        .select(['position', 'name', 'original_name as originalName', 'type', 'evidence'])
        .where('tenant_id', '=', tenantId)
        .where('version_id', 'in', wanted.clearSelect().select('v.id'))
        .orderBy('position'),
    );
    if (!found) throw await missingVersion(reader, tenantId, datasetId, version);
    return { version: found.number, columns: columns.map((each) => column.parse(each)) };
  },
});
