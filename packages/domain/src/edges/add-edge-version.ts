import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { metadata as anyMetadata } from '../ports/metadata.ts';
import { ports } from '../ports/schema.ts';
import { seenRevisionOrAny } from '../ports/seen-revision.ts';
import { changedEdge } from './changed-edge.ts';
import { edgeContent } from './edge-content.ts';
import { selectCurrentEdge } from './edge-query.ts';
import { noSuchEdge } from './no-such-edge.ts';
import { bindings, edge, edgeVersion, implementation } from './schema.ts';

export const addEdgeVersion = defineMutation({
  name: 'edges.addVersion',
  summary:
    'Make the next version of an edge, which is current from then on, and not verified; what you leave out stays as it is',
  access: 'edge:write',
  rest: { method: 'POST', path: '/v1/edges/{edgeId}/versions' },
  input: z.object({
    edgeId: z.uuid(),
    revision: seenRevisionOrAny,
    metadata: anyMetadata.optional(),
    inputs: ports.optional(),
    outputs: ports.optional(),
    implementation: implementation.optional(),
    bindings: bindings.optional(),
  }),
  output: edge,
  audit: {
    entityType: 'edge',
    entityId: ({ edgeId }) => edgeId,
    details: (_input, { version }) => ({ version }),
  },
  async run({ db, identity: { tenantId } }, { edgeId, revision, ...said }) {
    await sql`select app.hold_edge(${edgeId}::uuid, ${revision}::integer)`.execute(db);
    const [row] = (await db.executeQuery(selectCurrentEdge(tenantId, edgeId).compile())).rows;
    if (!row) throw noSuchEdge();
    const former = edgeVersion.parse(row);
    const content = edgeContent({
      metadata: said.metadata ?? anyMetadata.parse(former.metadata),
      inputs: said.inputs ?? former.inputs,
      outputs: said.outputs ?? former.outputs,
      implementation: said.implementation ?? former.implementation,
      bindings: said.bindings ?? former.bindings,
    });
    return changedEdge(
      db,
      tenantId,
      sql`app.add_edge_version(${edgeId}::uuid, ${revision}::integer, ${content.metadata}::jsonb, ${content.inputs}::jsonb,
        ${content.outputs}::jsonb, ${content.implementation}::jsonb, ${content.bindings}::jsonb, ${content.digest})`,
    );
  },
});
