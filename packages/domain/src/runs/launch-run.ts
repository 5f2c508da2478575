import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { uuidv7 } from '../ids/uuidv7.ts';
import { parameterValues } from '../pipelines/schema.ts';
import { readLaunched } from './launched-run.ts';
import { launchedRun } from './schema.ts';

export const launchRun = defineMutation({
  name: 'runs.launch',
  summary: 'Run a pipeline, as you, over what its datasets hold now; the same key gives the same run',
  access: 'pipeline:run',
  rest: { method: 'POST', path: '/v1/pipelines/{pipelineId}/runs' },
  input: z.object({
    pipelineId: z.uuid(),
    parameters: parameterValues.default({}),
    launchKey: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'Made by you: whoever asks twice with it launches once' }),
  }),
  output: launchedRun,
  audit: {
    entityType: 'pipeline',
    entityId: ({ pipelineId }) => pipelineId,
    // who asks again with the same key changes nothing
    concerns: ({ isNew }) => isNew,
    details: (_input, { id, trigger }) => ({ runId: id, trigger }),
  },
  run: ({ db, identity: { tenantId } }, { pipelineId, parameters, launchKey = uuidv7() }) =>
    readLaunched(
      db,
      tenantId,
      sql`app.launch_run(${pipelineId}::uuid, ${launchKey}, ${JSON.stringify(parameters)}::jsonb, 'manual')`,
    ),
});
