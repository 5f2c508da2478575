import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision, versionNumber } from '../ports/seen-revision.ts';
import { changedEdge } from './changed-edge.ts';
import { edge } from './schema.ts';

export const rollBackEdge = defineMutation({
  name: 'edges.rollBack',
  summary: 'Make an older version current again; those after it stay',
  access: 'edge:write',
  rest: { method: 'POST', path: '/v1/edges/{edgeId}/current' },
  input: z.object({ edgeId: z.uuid(), revision: seenRevision, version: versionNumber }),
  output: edge,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: ({ version }) => ({ version }),
  },
  run: ({ db, identity: { tenantId } }, { edgeId, revision, version }) =>
    changedEdge(db, tenantId, sql`app.roll_back_edge(${edgeId}::uuid, ${revision}::integer, ${version}::integer)`),
});
