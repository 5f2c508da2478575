import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { aliasesOutput } from '../ports/alias-schema.ts';
import { selectBlock } from './block-query.ts';
import { noSuchBlock } from './no-such-block.ts';

export const listBlockAliases = defineQuery({
  name: 'blocks.aliases',
  summary: 'List the names of versions, and where they pointed before, newest first',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/blocks/{blockId}/aliases' },
  input: z.object({ blockId: z.uuid(), limit: z.int().min(1).max(1000).default(50) }),
  output: aliasesOutput,
  async run({ reader, identity: { tenantId } }, { blockId, limit }) {
    const [[found], aliases, history] = await reader.together(
      selectBlock(tenantId, blockId),
      query
        .selectFrom('block_aliases as a')
        .innerJoin('block_versions as v', (join) =>
          join.onRef('v.tenant_id', '=', 'a.tenant_id').onRef('v.id', '=', 'a.version_id'),
        )
        .select(['a.name', 'v.number as version', 'a.moved_by as movedBy', 'a.moved_at as movedAt'])
        .where('a.tenant_id', '=', tenantId)
        .where('a.block_id', '=', blockId)
        .orderBy('a.name')
        .limit(1000),
      query
        .selectFrom('block_alias_moves')
        .select(['name', 'version_number as version', 'moved_by as movedBy', 'moved_at as movedAt'])
        .where('tenant_id', '=', tenantId)
        .where('block_id', '=', blockId)
        .orderBy('id', 'desc')
        .limit(limit),
    );
    if (!found) throw noSuchBlock();
    return { aliases, history };
  },
});
