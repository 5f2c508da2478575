import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedRun } from './changed-run.ts';
import { run, sourceId } from './schema.ts';

export const reparseSource = defineMutation({
  name: 'sources.reparse',
  summary: 'Derive all facts of a source again from its captures, with the parser of today',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/sources/{sourceId}/reparse' },
  input: z.object({
    sourceId,
    dryRun: z.boolean().default(false).meta({ description: 'Only count what would change' }),
  }),
  output: run,
  audit: {
    entityType: 'source',
    entityId: (input) => input.sourceId,
    details: ({ dryRun }, { id }) => ({ runId: id, dryRun }),
  },
  run: ({ db }, { sourceId: id, dryRun }) => changedRun(db, sql`app.reparse_source(${id}::uuid, ${dryRun})`),
});
