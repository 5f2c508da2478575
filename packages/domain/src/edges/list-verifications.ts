import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { versionNumber } from '../ports/seen-revision.ts';
import { selectEdge } from './edge-query.ts';
import { noSuchEdge } from './no-such-edge.ts';
import { selectVerifications } from './verification-query.ts';
import { verification } from './verification-schema.ts';

export const listVerifications = defineQuery({
  name: 'edges.verifications',
  summary: 'List how verifications of an edge’s versions went, newest first',
  access: 'edge:read',
  rest: { method: 'GET', path: '/v1/edges/{edgeId}/verifications' },
  input: z.object({
    edgeId: z.uuid(),
    version: versionNumber.optional().meta({ description: 'Only of this one' }),
    limit: z.int().min(1).max(200).default(20),
  }),
  output: z.array(verification),
  async run({ reader, identity: { tenantId } }, { edgeId, version, limit }) {
    const [[found], verifications] = await reader.together(
      selectEdge(tenantId, edgeId),
      selectVerifications(tenantId, edgeId)
        .$if(version !== undefined, (q) => q.where('v.number', '=', version!))
        .orderBy('r.id', 'desc')
        .limit(limit),
    );
    if (!found) throw noSuchEdge();
    return verifications.map((each) => verification.parse(each));
  },
});
