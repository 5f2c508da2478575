import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedRun } from './changed-run.ts';
import { run } from './schema.ts';

export const cancelRun = defineMutation({
  name: 'runs.cancel',
  summary: 'Cancel a run: nothing of it is published after this',
  access: 'pipeline:run',
  rest: { method: 'POST', path: '/v1/runs/{runId}/cancellation' },
  input: z.object({ runId: z.uuid() }),
  output: run,
  audit: {
    entityType: 'pipeline',
    entityId: (_input, { pipelineId }) => pipelineId,
    details: ({ runId }) => ({ runId }),
  },
  run: ({ db, identity: { tenantId } }, { runId }) => changedRun(db, tenantId, sql`app.cancel_run(${runId}::uuid)`),
});
