import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision, versionNumber } from '../ports/seen-revision.ts';
import { changedEdge } from './changed-edge.ts';
import { edge } from './schema.ts';

export const setEdgeVersionActive = defineMutation({
  name: 'edges.setVersionActive',
  summary: 'Withdraw a version, so that nothing new uses it, or take that back',
  access: 'edge:write',
  rest: { method: 'PUT', path: '/v1/edges/{edgeId}/versions/{version}/active' },
  input: z.object({ edgeId: z.uuid(), revision: seenRevision, version: versionNumber, active: z.boolean() }),
  output: edge,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: ({ version, active }) => ({ version, active }),
  },
  run: ({ db, identity: { tenantId } }, { edgeId, revision, version, active }) =>
    changedEdge(
      db,
      tenantId,
      sql`app.set_edge_version_active(${edgeId}::uuid, ${revision}::integer, ${version}::integer, ${active})`,
    ),
});
