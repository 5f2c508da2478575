import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { sourceId } from './schema.ts';

export const deleteSource = defineMutation({
  name: 'sources.delete',
  summary: 'Delete a source with its runs and captures; what was read from them stays',
  access: 'source:write',
  rest: { method: 'DELETE', path: '/v1/sources/{sourceId}' },
  input: z.object({ sourceId }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'source', entityId: (input) => input.sourceId },
  async run({ db }, input) {
    await sql`select app.delete_source(${input.sourceId}::uuid)`.execute(db);
    return { deleted: true as const };
  },
});
