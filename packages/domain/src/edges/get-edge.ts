import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectCurrentEdge, selectEdge } from './edge-query.ts';
import { noSuchEdge } from './no-such-edge.ts';
import { edge, edgeVersion } from './schema.ts';
import { selectVerifications } from './verification-query.ts';
import { verification } from './verification-schema.ts';

export const getEdge = defineQuery({
  name: 'edges.get',
  summary: 'Get an edge with its current version, and how the newest verification of that went',
  access: 'edge:read',
  rest: { method: 'GET', path: '/v1/edges/{edgeId}' },
  input: z.object({ edgeId: z.uuid() }),
  output: edge.extend({ current: edgeVersion, verification: verification.nullable() }),
  async run({ reader, identity: { tenantId } }, { edgeId }) {
    const [[found], [current], [newest]] = await reader.together(
      selectEdge(tenantId, edgeId),
      selectCurrentEdge(tenantId, edgeId),
      selectVerifications(tenantId, edgeId)
        .innerJoin('edges as e', (join) =>
          join.onRef('e.tenant_id', '=', 'v.tenant_id').onRef('e.current_version_id', '=', 'v.id'),
        )
        .orderBy('r.id', 'desc')
        .limit(1),
    );
    if (!found || !current) throw noSuchEdge();
    return {
      ...edge.parse(found),
      current: edgeVersion.parse(current),
      verification: newest ? verification.parse(newest) : null,
    };
  },
});
