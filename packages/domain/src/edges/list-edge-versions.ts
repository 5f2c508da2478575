import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { versionNumber } from '../ports/seen-revision.ts';
import { selectEdge, selectEdgeVersions } from './edge-query.ts';
import { noSuchEdge } from './no-such-edge.ts';
import { edgeVersion } from './schema.ts';

export const listEdgeVersions = defineQuery({
  name: 'edges.versions',
  summary: 'List the versions of an edge, newest first',
  access: 'edge:read',
  rest: { method: 'GET', path: '/v1/edges/{edgeId}/versions' },
  input: z.object({
    edgeId: z.uuid(),
    limit: z.int().min(1).max(1000).default(50),
    before: versionNumber.optional().meta({ description: 'Only versions with a smaller number' }),
  }),
  output: z.array(edgeVersion),
  async run({ reader, identity: { tenantId } }, { edgeId, limit, before }) {
    const [[found], versions] = await reader.together(
      selectEdge(tenantId, edgeId),
      selectEdgeVersions(tenantId, edgeId)
        .$if(before !== undefined, (q) => q.where('v.number', '<', before!))
        .orderBy('v.number', 'desc')
        .limit(limit),
    );
    if (!found) throw noSuchEdge();
    return versions.map((each) => edgeVersion.parse(each));
  },
});
