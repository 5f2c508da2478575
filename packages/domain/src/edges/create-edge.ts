import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { metadata } from '../ports/metadata.ts';
import { ports } from '../ports/schema.ts';
import { changedEdge } from './changed-edge.ts';
import { edgeContent } from './edge-content.ts';
import { bindings, edge, edgeDescription, edgeName, implementation } from './schema.ts';

export const createEdge = defineMutation({
  name: 'edges.create',
  summary: 'Put a transformation into the catalogue, with a first version; a port joined to a block has to fit it',
  access: 'edge:write',
  rest: { method: 'POST', path: '/v1/edges' },
  input: z.object({
    name: edgeName,
    description: edgeDescription.default(''),
    metadata: metadata.default({}),
    inputs: ports,
    outputs: ports,
    implementation,
    bindings: bindings.default([]),
  }),
  output: edge,
  audit: {
    entityType: 'edge',
    entityId: (_input, { id }) => id,
    details: ({ implementation: { kind } }) => ({ kind }),
  },
  run({ db, identity: { tenantId } }, { name, description, ...said }) {
    const content = edgeContent(said);
    return changedEdge(
      db,
      tenantId,
      sql`app.create_edge(${name}, ${description}, ${content.metadata}::jsonb, ${content.inputs}::jsonb, ${content.outputs}::jsonb,
        ${content.implementation}::jsonb, ${content.bindings}::jsonb, ${content.digest})`,
    );
  },
});
