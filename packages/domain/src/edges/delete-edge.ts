import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';

export const deleteEdge = defineMutation({
  name: 'edges.delete',
  summary: 'Delete an edge with its versions, if nothing uses it',
  access: 'edge:delete',
  rest: { method: 'DELETE', path: '/v1/edges/{edgeId}' },
  input: z.object({ edgeId: z.uuid(), revision: seenRevision }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'edge', entityId: ({ edgeId }) => edgeId },
  async run({ db }, { edgeId, revision }) {
    await sql`select app.delete_edge(${edgeId}::uuid, ${revision}::integer)`.execute(db);
    return { deleted: true as const };
  },
});
