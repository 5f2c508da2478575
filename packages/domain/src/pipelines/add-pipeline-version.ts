import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevisionOrAny } from '../ports/seen-revision.ts';
import { changedPipeline } from './changed-pipeline.ts';
import { pipeline, pipelineParameters, pipelineSteps } from './schema.ts';

export const addPipelineVersion = defineMutation({
  name: 'pipelines.addVersion',
  summary: 'Make the next version of a pipeline, which runs from then on; what runs goes on with its own',
  access: 'pipeline:write',
  rest: { method: 'POST', path: '/v1/pipelines/{pipelineId}/versions' },
  input: z.object({
    pipelineId: z.uuid(),
    revision: seenRevisionOrAny,
    steps: pipelineSteps,
    parameters: pipelineParameters.default([]),
  }),
  output: pipeline,
  audit: {
    entityType: 'pipeline',
    entityId: ({ pipelineId }) => pipelineId,
    details: (_input, { version }) => ({ version }),
  },
  run: ({ db, identity: { tenantId } }, { pipelineId, revision, steps, parameters }) =>
    changedPipeline(
      db,
      tenantId,
      sql`app.add_pipeline_version(${pipelineId}::uuid, ${revision}::integer, ${JSON.stringify(steps)}::jsonb,
        ${JSON.stringify(parameters)}::jsonb)`,
    ),
});
