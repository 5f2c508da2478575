import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { aliasName } from '../datasets/schema.ts';
import { seenRevision } from '../ports/seen-revision.ts';
import { changedEdge } from './changed-edge.ts';
import { edge } from './schema.ts';

export const removeEdgeAlias = defineMutation({
  name: 'edges.removeAlias',
  summary: 'Take a name from its version',
  access: 'edge:write',
  rest: { method: 'DELETE', path: '/v1/edges/{edgeId}/aliases/{name}' },
  input: z.object({ edgeId: z.uuid(), revision: seenRevision, name: aliasName }),
  output: edge,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: ({ name }) => ({ name }),
  },
  run: ({ db, identity: { tenantId } }, { edgeId, revision, name }) =>
    changedEdge(db, tenantId, sql`app.remove_edge_alias(${edgeId}::uuid, ${revision}::integer, ${name})`),
});
