import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchPipeline } from './no-such-pipeline.ts';
import { selectPipeline, selectPipelineStatistics, selectPipelineVersions } from './pipeline-query.ts';
import { pipeline, pipelineStatistics, pipelineVersion } from './schema.ts';

export const getPipeline = defineQuery({
  name: 'pipelines.get',
  summary: 'Get a pipeline with its current version, and how its runs went',
  access: 'pipeline:read',
  rest: { method: 'GET', path: '/v1/pipelines/{pipelineId}' },
  input: z.object({ pipelineId: z.uuid() }),
  output: pipeline.extend({ current: pipelineVersion, statistics: pipelineStatistics }),
  async run({ reader, identity: { tenantId } }, { pipelineId }) {
    const [[found], [current], [statistics]] = await reader.together(
      selectPipeline(tenantId, pipelineId),
      selectPipelineVersions(tenantId, pipelineId)
        .innerJoin('pipelines as p', (join) =>
          join.onRef('p.tenant_id', '=', 'v.tenant_id').onRef('p.current_version_id', '=', 'v.id'),
        )
        .limit(1),
      selectPipelineStatistics(tenantId, pipelineId),
    );
    if (!found || !current) throw noSuchPipeline();
    return {
      ...pipeline.parse(found),
      current: pipelineVersion.parse(current),
      statistics: pipelineStatistics.parse(statistics),
    };
  },
});
