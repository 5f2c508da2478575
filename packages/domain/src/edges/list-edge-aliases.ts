import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { aliasesOutput } from '../ports/alias-schema.ts';
import { selectEdge } from './edge-query.ts';
import { noSuchEdge } from './no-such-edge.ts';

export const listEdgeAliases = defineQuery({
  name: 'edges.aliases',
  summary: 'List the names of versions, and where they pointed before, newest first',
  access: 'edge:read',
  rest: { method: 'GET', path: '/v1/edges/{edgeId}/aliases' },
  input: z.object({ edgeId: z.uuid(), limit: z.int().min(1).max(1000).default(50) }),
  output: aliasesOutput,
  async run({ reader, identity: { tenantId } }, { edgeId, limit }) {
    const [[found], aliases, history] = await reader.together(
      selectEdge(tenantId, edgeId),
      query
        .selectFrom('edge_aliases as a')
        .innerJoin('edge_versions as v', (join) =>
          join.onRef('v.tenant_id', '=', 'a.tenant_id').onRef('v.id', '=', 'a.version_id'),
        )
        .select(['a.name', 'v.number as version', 'a.moved_by as movedBy', 'a.moved_at as movedAt'])
        .where('a.tenant_id', '=', tenantId)
        .where('a.edge_id', '=', edgeId)
        .orderBy('a.name')
        .limit(1000),
      query
        .selectFrom('edge_alias_moves')
        .select(['name', 'version_number as version', 'moved_by as movedBy', 'moved_at as movedAt'])
        .where('tenant_id', '=', tenantId)
        .where('edge_id', '=', edgeId)
        .orderBy('id', 'desc')
        .limit(limit),
    );
    if (!found) throw noSuchEdge();
    return { aliases, history };
  },
});
