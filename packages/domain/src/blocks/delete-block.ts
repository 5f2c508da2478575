import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';

export const deleteBlock = defineMutation({
  name: 'blocks.delete',
  summary: 'Delete a block with its versions, if nothing uses it',
  access: 'block:delete',
  rest: { method: 'DELETE', path: '/v1/blocks/{blockId}' },
  input: z.object({ blockId: z.uuid(), revision: seenRevision }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'block', entityId: ({ blockId }) => blockId },
  async run({ db }, { blockId, revision }) {
    await sql`select app.delete_block(${blockId}::uuid, ${revision}::integer)`.execute(db);
    return { deleted: true as const };
  },
});
