import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedRun } from './changed-run.ts';
import { run, runId, sourceId } from './schema.ts';

export const cancelSourceRun = defineMutation({
  name: 'sources.cancel',
  summary: 'End a run before its time; what it has stored stays',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/sources/{sourceId}/runs/{runId}/cancel' },
  input: z.object({ sourceId, runId }),
  output: run,
  audit: { entityType: 'source', entityId: (input) => input.sourceId, details: (input) => ({ runId: input.runId }) },
  run: ({ db }, input) => changedRun(db, sql`app.cancel_source_run(${input.sourceId}::uuid, ${input.runId}::uuid)`),
});
