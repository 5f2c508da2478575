import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedPipeline } from './changed-pipeline.ts';
import {
  dagsterPipelineConfig,
  mostRunsAtOnce,
  pipeline,
  pipelineDescription,
  pipelineName,
  pipelineParameters,
  pipelineSteps,
  requireDagsterConfig,
  timeoutSeconds,
} from './schema.ts';

export const createPipeline = defineMutation({
  name: 'pipelines.create',
  summary: 'Make a pipeline of edges; what does not fit, dangles or goes in a circle is refused by name',
  access: 'pipeline:write',
  rest: { method: 'POST', path: '/v1/pipelines' },
  input: z.object({
    name: pipelineName,
    description: pipelineDescription.default(''),
    steps: pipelineSteps,
    parameters: pipelineParameters.default([]),
    dagsterPipelineConfig: dagsterPipelineConfig.optional(),
    mostRunsAtOnce: mostRunsAtOnce.default(1),
    timeoutSeconds: timeoutSeconds.default(21_600),
  }),
  output: pipeline,
  audit: {
    entityType: 'pipeline',
    entityId: (_input, { id }) => id,
    details: ({ steps }) => ({ steps: steps.length }),
  },
  run({ db, identity: { tenantId } }, { dagsterPipelineConfig: dagster, ...said }) {
    requireDagsterConfig(dagster);
    return changedPipeline(
      db,
      tenantId,
      sql`app.create_pipeline(${said.name}, ${said.description}, ${JSON.stringify(said.steps)}::jsonb,
        ${JSON.stringify(said.parameters)}::jsonb, ${dagster ? JSON.stringify(dagster) : null}::jsonb,
        ${said.mostRunsAtOnce}::integer, ${said.timeoutSeconds}::integer)`,
    );
  },
});
