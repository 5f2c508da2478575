import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedRun } from './changed-run.ts';
import { run, sourceId } from './schema.ts';

export const runSource = defineMutation({
  name: 'sources.run',
  summary: 'Crawl a source now',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/sources/{sourceId}/run' },
  input: z.object({ sourceId }),
  output: run,
  audit: { entityType: 'source', entityId: (input) => input.sourceId, details: (_input, { id }) => ({ runId: id }) },
  run: ({ db }, input) => changedRun(db, sql`app.run_source(${input.sourceId}::uuid)`),
});
