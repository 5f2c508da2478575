import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { changedSource } from './save-source.ts';
import { source, sourceId } from './schema.ts';

export const pauseSource = defineMutation({
  name: 'sources.pause',
  summary: 'Have a source ask nothing more, until it is resumed',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/sources/{sourceId}/pause' },
  input: z.object({ sourceId }),
  output: source,
  audit: { entityType: 'source', entityId: (input) => input.sourceId },
  run: ({ db }, input) => changedSource(db, sql`app.pause_source(${input.sourceId}::uuid, true)`),
});
