import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';
import { changedPipeline } from './changed-pipeline.ts';
import {
  dagsterPipelineConfig,
  mostRunsAtOnce,
  pipeline,
  pipelineDescription,
  pipelineName,
  requireDagsterConfig,
  timeoutSeconds,
} from './schema.ts';

export const updatePipeline = defineMutation({
  name: 'pipelines.update',
  summary: 'Change what is said of a pipeline, and how many of its runs go at once; what you leave out stays',
  access: 'pipeline:write',
  rest: { method: 'PATCH', path: '/v1/pipelines/{pipelineId}' },
  input: z.object({
    pipelineId: z.uuid(),
    revision: seenRevision,
    name: pipelineName.optional(),
    description: pipelineDescription.optional(),
    dagsterPipelineConfig: dagsterPipelineConfig.nullable().optional(),
    mostRunsAtOnce: mostRunsAtOnce.optional(),
    timeoutSeconds: timeoutSeconds.optional(),
  }),
  output: pipeline,
  audit: {
    entityType: 'pipeline',
    entityId: ({ pipelineId }) => pipelineId,
    details: ({ pipelineId: _id, revision: _seen, ...changes }) => ({ fields: Object.keys(changes) }),
  },
  run({ db, identity: { tenantId } }, { pipelineId, revision, ...changes }) {
    requireDagsterConfig(changes.dagsterPipelineConfig);
    return changedPipeline(
      db,
      tenantId,
      sql`app.update_pipeline(${pipelineId}::uuid, ${revision}::integer, ${JSON.stringify(changes)}::jsonb)`,
    );
  },
});
