import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedRun } from './changed-run.ts';
import { run, sourceId } from './schema.ts';

export const importOptions = z.object({
  origin: z
    .enum(['import', 'archive'])
    .default('import')
    .meta({ description: 'archive: captures that somebody else made, with their own dates' }),
  capturedAt: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'When the pages were saved, where they do not say so themselves; now, if nobody does' }),
  url: z
    .url()
    .max(2000)
    .optional()
    .meta({ description: 'The address of a single page, where it does not say so itself' }),
});

export const importPages = defineMutation({
  name: 'sources.import',
  summary: 'Read saved pages into a source: one, or a zip of them, uploaded before',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/sources/{sourceId}/import' },
  input: importOptions.extend({ sourceId, uploadId: z.uuid() }),
  output: run,
  audit: {
    entityType: 'source',
    entityId: (input) => input.sourceId,
    details: ({ uploadId, origin }, { id }) => ({ runId: id, uploadId, origin }),
  },
  run: ({ db }, { sourceId: id, uploadId, ...options }) =>
    changedRun(db, sql`app.import_upload(${id}::uuid, ${uploadId}::uuid, ${JSON.stringify(options)}::jsonb)`),
});
