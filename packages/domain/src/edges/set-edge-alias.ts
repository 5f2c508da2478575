import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { aliasName } from '../datasets/schema.ts';
import { seenRevision, versionNumber } from '../ports/seen-revision.ts';
import { changedEdge } from './changed-edge.ts';
import { edge } from './schema.ts';

export const setEdgeAlias = defineMutation({
  name: 'edges.setAlias',
  summary: 'Name a version, as production, or move a name to it',
  access: 'edge:write',
  rest: { method: 'PUT', path: '/v1/edges/{edgeId}/aliases/{name}' },
  input: z.object({ edgeId: z.uuid(), revision: seenRevision, name: aliasName, version: versionNumber }),
  output: edge,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: ({ name, version }) => ({ name, version }),
  },
  run: ({ db, identity: { tenantId } }, { edgeId, revision, name, version }) =>
    changedEdge(
      db,
      tenantId,
      sql`app.set_edge_alias(${edgeId}::uuid, ${revision}::integer, ${name}, ${version}::integer)`,
    ),
});
