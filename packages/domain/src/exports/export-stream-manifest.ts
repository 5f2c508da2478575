import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { missingVersion } from '../datasets/missing-version.ts';
import { planRows } from '../datasets/rows-query.ts';
import { columnType, versionName } from '../datasets/schema.ts';
import { selectVersion } from '../datasets/version-query.ts';
import { readOnce } from './read-once.ts';
import { csvOptions, exportManifest, rowSelection } from './schema.ts';

export const exportStreamManifest = defineQuery({
  name: 'datasets.exportManifest',
  summary: 'What a stream of rows would hold: version, columns with their types, filter and order',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/rows.manifest' },
  input: z.object({
    datasetId: z.uuid(),
    version: versionName.optional(),
    format: z.enum(['csv', 'jsonl']).default('csv'),
    ...rowSelection.shape,
    ...csvOptions.shape,
  }),
  output: exportManifest,
  async run({ reader, identity: { tenantId } }, { datasetId, version, format, columns, filter, order, ...csv }) {
    const wanted = selectVersion(tenantId, datasetId, version).select(['d.name', 'v.change_count as changeSet']);
    const [[found], rows] = await reader.together(
      wanted,
      query
        .selectFrom('dataset_columns')
        .select(['name', 'original_name as originalName', 'type', 'chunk'])
        .where('tenant_id', '=', tenantId)
        .where('version_id', 'in', wanted.clearSelect().select('v.id'))
        .orderBy('position'),
    );
    if (found?.state !== 'ready') throw await missingVersion(reader, tenantId, datasetId, version);
    const all = rows.map((each) => ({ ...each, type: columnType.parse(each.type) }));
    const plan = planRows(
      { versionId: found.id, number: found.number, columns: all, ...readOnce },
      { columns, filter, order, limit: 1 },
    );
    const originals = new Map(all.map((column) => [column.name, column]));
    return {
      dataset: { id: datasetId, name: found.name },
      version: found.number,
      versionId: found.id,
      changeSet: found.changeSet,
      format,
      fileName: `${found.name}-v${found.number}.${format}`,
      rows: null,
      bytes: null,
      sha256: null,
      columns: plan.selected.map(({ name }) => {
        const { originalName = name, type = 'bigint' } = originals.get(name) ?? {};
        return { name, originalName, type, storedAs: 'text' };
      }),
      filter,
      order,
      csv: format === 'csv' ? csv : null,
      createdAt: new Date().toISOString(),
    };
  },
});
