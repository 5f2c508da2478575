import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectDataset } from '../datasets/dataset-query.ts';
import { noSuchDataset } from '../datasets/no-such-dataset.ts';

const lineage = z
  .object({
    versionId: z.uuid(),
    version: z.int(),
    port: z.string(),
    inputDatasetId: z.uuid().nullable().meta({ description: 'null: parameters of the run, or a dataset that is gone' }),
    inputVersionId: z.uuid().nullable(),
    inputVersion: z.int().nullable(),
    inputChangeSet: z.int().nullable().meta({ description: 'How many change sets the version had when it was read' }),
    edgeId: z.uuid(),
    edgeVersionId: z.uuid(),
    pipelineId: z.uuid().nullable().meta({ description: 'null: the pipeline was deleted' }),
    runId: z.uuid().nullable(),
    step: z.string(),
    createdAt: z.string(),
  })
  .meta({ id: 'VersionLineage' });

export const versionLineage = defineQuery({
  name: 'datasets.lineage',
  summary: 'Tell what versions of a dataset were made of, by which edge and run; newest first, those that you may see',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/lineage' },
  input: z.object({
    datasetId: z.uuid(),
    version: z.int().positive().optional(),
    limit: z.int().min(1).max(1000).default(100),
  }),
  output: z.array(lineage),
  async run({ reader, identity: { tenantId } }, { datasetId, version, limit }) {
    const [[found], rows] = await reader.together(
      selectDataset(tenantId, datasetId),
      query
        .selectFrom('dataset_version_lineage as l')
        .innerJoin('dataset_versions as v', (join) =>
          join.onRef('v.tenant_id', '=', 'l.tenant_id').onRef('v.id', '=', 'l.version_id'),
        )
        .select([
          'l.version_id as versionId',
          'v.number as version',
          'l.port',
          'l.input_dataset_id as inputDatasetId',
          'l.input_version_id as inputVersionId',
          'l.input_version_number as inputVersion',
          'l.input_change_set as inputChangeSet',
          'l.edge_id as edgeId',
          'l.edge_version_id as edgeVersionId',
          'l.pipeline_id as pipelineId',
          'l.run_id as runId',
          'l.step',
          'l.created_at as createdAt',
        ])
        .where('l.tenant_id', '=', tenantId)
        .where('l.dataset_id', '=', datasetId)
        .$if(version !== undefined, (q) => q.where('v.number', '=', version!))
        .orderBy('v.number', 'desc')
        .orderBy('l.port')
        .limit(limit),
    );
    if (!found) throw noSuchDataset();
    return rows.map((row) => lineage.parse(row));
  },
});
