import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectEdge } from '../edges/edge-query.ts';
import { noSuchEdge } from '../edges/no-such-edge.ts';
import { selectDependencies } from './dependency-query.ts';
import { dependency } from './schema.ts';

export const listDependenciesOfEdge = defineQuery({
  name: 'dependencies.ofEdge',
  summary: 'List what an edge depends on beside what its arcs say, of what one may see',
  access: 'edge:read',
  rest: { method: 'GET', path: '/v1/edges/{edgeId}/dependencies' },
  input: z.object({ edgeId: z.uuid(), limit: z.int().min(1).max(1000).default(200) }),
  output: z.array(dependency),
  async run({ reader, identity: { tenantId } }, { edgeId, limit }) {
    const [[found], dependencies] = await reader.together(
      selectEdge(tenantId, edgeId),
      selectDependencies(tenantId).where('d.edge_id', '=', edgeId).orderBy('d.id').limit(limit),
    );
    if (!found) throw noSuchEdge();
    return dependencies.map((each) => dependency.parse(each));
  },
});
