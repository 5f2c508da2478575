import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectDataset } from './dataset-query.ts';
import { noSuchDataset } from './no-such-dataset.ts';

const version = z
  .object({
    id: z.uuid(),
    number: z.int(),
    state: z.enum(['loading', 'ready', 'failed', 'merged', 'removed']).meta({
      description:
        'merged: its rows stand in another version. removed: its rows are gone, its changes are the past of another version',
    }),
    rows: z.int().nullable(),
    quarantinedRows: z.int().nullable().meta({ description: 'Rows of its file that are in quarantine now' }),
    originalName: z.string(),
    originalBytes: z.int(),
    originalSha256: z.string().nullable().meta({ description: 'null: the original was not to be kept' }),
    format: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'How the file was read: encoding, delimiter, header …' }),
    createdBy: z.uuid(),
    createdAt: z.string(),
    publishedAt: z.string().nullable(),
  })
  .meta({ id: 'Version' });

export const listVersions = defineQuery({
  name: 'datasets.versions',
  summary: 'List the versions of a dataset, newest first',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/versions' },
  input: z.object({
    datasetId: z.uuid(),
    limit: z.int().min(1).max(1000).default(50),
    before: z.int().positive().optional(),
  }),
  output: z.object({ items: z.array(version), nextBefore: z.int().nullable() }),
  async run({ reader, identity: { tenantId } }, { datasetId, limit, before }) {
    const [[found], rows] = await reader.together(
      selectDataset(tenantId, datasetId),
      query
        .selectFrom('dataset_versions')
        .select([
          'id',
          'number',
          'state',
          'row_count as rows',
          (of) =>
            of
              .selectFrom('dataset_loads as l')
              .select('l.quarantined_rows')
              .whereRef('l.tenant_id', '=', 'dataset_versions.tenant_id')
              .whereRef('l.version_id', '=', 'dataset_versions.id')
              .as('quarantinedRows'),
          'original_name as originalName',
          'original_bytes as originalBytes',
          'original_sha256 as originalSha256',
          'format',
          'created_by as createdBy',
          'created_at as createdAt',
          'published_at as publishedAt',
        ])
        .where('tenant_id', '=', tenantId)
        .where('dataset_id', '=', datasetId)
        .$if(before !== undefined, (q) => q.where('number', '<', before!))
        .orderBy('number', 'desc')
        .limit(limit + 1),
    );
    if (!found) throw noSuchDataset();
    const items = rows.slice(0, limit).map((each) => version.parse(each));
    return { items, nextBefore: rows.length > limit ? items.at(-1)!.number : null };
  },
});
