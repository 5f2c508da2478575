import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { planRows } from '../datasets/rows-query.ts';
import { columnType } from '../datasets/schema.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { readOnce } from './read-once.ts';
import { csvOptions, datasetExport, exportFormat, exportRequest, rowSelection } from './schema.ts';
import { selectExports } from './select-exports.ts';

export const startExport = defineMutation({
  name: 'datasets.startExport',
  summary: 'Export a version, or the rows that a filter selects, as a file to download; CSV and JSON Lines also stream',
  access: 'dataset:read',
  rest: { method: 'POST', path: '/v1/datasets/{datasetId}/exports' },
  input: z.object({
    datasetId: z.uuid(),
    version: z.int().positive().optional().meta({ description: 'A version by number; the current one otherwise' }),
    format: exportFormat,
    ...rowSelection.shape,
    csv: csvOptions.optional(),
  }),
  output: datasetExport,
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ format, columns, filter }, { id, version }) => ({
      exportId: id,
      version,
      format,
      columns,
      filtered: filter !== undefined,
    }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, version, format, ...rest }) {
    const request = exportRequest.parse(rest);
    const { rows } = await sql<{ id: string }>`
      select app.start_export(${datasetId}::uuid, ${version ?? null}::integer, ${format}, ${JSON.stringify(request)}::jsonb) as id`.execute(
      db,
    );
    const exportId = rows[0]!.id;
    const columns = await db
      .selectFrom('dataset_columns as c')
      .innerJoin('dataset_exports as e', (join) =>
        join.onRef('e.tenant_id', '=', 'c.tenant_id').onRef('e.version_id', '=', 'c.version_id'),
      )
      .select(['c.name', 'c.type', 'c.chunk', 'c.version_id as versionId'])
      .where('e.tenant_id', '=', tenantId)
      .where('e.id', '=', exportId)
      .execute();
    const catalogue = columns.map(({ name, chunk, type }) => ({ name, chunk, type: columnType.parse(type) }));
    // what does not fit the version is refused now, not an hour later by the job
    planRows(
      { versionId: columns[0]?.versionId ?? '', number: version ?? 0, columns: catalogue, ...readOnce },
      { ...request, limit: 1 },
    );
    await enqueue(db, tenantId, 'dataset.export', { datasetId, exportId });
    const [started] = (await db.executeQuery(selectExports(tenantId, datasetId).where('e.id', '=', exportId))).rows;
    return datasetExport.parse(started);
  },
});
