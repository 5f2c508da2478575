import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';
import { changedEdge } from './changed-edge.ts';
import { edge, edgeDescription, edgeName } from './schema.ts';

export const updateEdge = defineMutation({
  name: 'edges.update',
  summary: 'Rename or describe an edge, or say whose it is; what its versions say stays as it is',
  access: 'edge:write',
  rest: { method: 'PATCH', path: '/v1/edges/{edgeId}' },
  input: z.object({
    edgeId: z.uuid(),
    revision: seenRevision,
    name: edgeName.optional(),
    description: edgeDescription.optional(),
    ownerId: z.uuid().optional().meta({ description: 'A member, whose it is from now on' }),
  }),
  output: edge,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: ({ edgeId: _edge, revision: _seen, ...changes }) => ({ fields: Object.keys(changes) }),
  },
  run: ({ db, identity: { tenantId } }, { edgeId, revision, ...changes }) =>
    changedEdge(
      db,
      tenantId,
      sql`app.update_edge(${edgeId}::uuid, ${revision}::integer, ${JSON.stringify(changes)}::jsonb)`,
    ),
});
