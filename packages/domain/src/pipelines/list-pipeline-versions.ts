import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchPipeline } from './no-such-pipeline.ts';
import { selectPipelineVersions } from './pipeline-query.ts';
import { pipelineVersion } from './schema.ts';

export const listPipelineVersions = defineQuery({
  name: 'pipelines.versions',
  summary: 'List the versions of a pipeline, newest first',
  access: 'pipeline:read',
  rest: { method: 'GET', path: '/v1/pipelines/{pipelineId}/versions' },
  input: z.object({ pipelineId: z.uuid(), limit: z.int().min(1).max(200).default(20) }),
  output: z.array(pipelineVersion),
  async run({ reader, identity: { tenantId } }, { pipelineId, limit }) {
    const rows = await reader.rows(
      selectPipelineVersions(tenantId, pipelineId).orderBy('v.number', 'desc').limit(limit),
    );
    if (rows.length === 0) throw noSuchPipeline();
    return rows.map((row) => pipelineVersion.parse(row));
  },
});
