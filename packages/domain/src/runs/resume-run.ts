import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedRun } from './changed-run.ts';
import { run } from './schema.ts';

export const resumeRun = defineMutation({
  name: 'runs.resume',
  summary: 'Go on with a run that failed or was cancelled, from the steps that did not succeed',
  access: 'pipeline:run',
  rest: { method: 'POST', path: '/v1/runs/{runId}/resumption' },
  input: z.object({ runId: z.uuid() }),
  output: run,
  audit: {
    entityType: 'pipeline',
    entityId: (_input, { pipelineId }) => pipelineId,
    details: ({ runId }) => ({ runId }),
  },
  run: ({ db, identity: { tenantId } }, { runId }) => changedRun(db, tenantId, sql`app.resume_run(${runId}::uuid)`),
});
