import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { versionNumber } from '../ports/seen-revision.ts';
import { selectBlock, selectBlockVersions } from './block-query.ts';
import { noSuchBlock } from './no-such-block.ts';
import { blockVersion } from './schema.ts';

export const listBlockVersions = defineQuery({
  name: 'blocks.versions',
  summary: 'List the versions of a block, newest first',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/blocks/{blockId}/versions' },
  input: z.object({
    blockId: z.uuid(),
    limit: z.int().min(1).max(1000).default(50),
    before: versionNumber.optional().meta({ description: 'Only versions with a smaller number' }),
  }),
  output: z.array(blockVersion),
  async run({ reader, identity: { tenantId } }, { blockId, limit, before }) {
    const [[found], versions] = await reader.together(
      selectBlock(tenantId, blockId),
      selectBlockVersions(tenantId, blockId)
        .$if(before !== undefined, (q) => q.where('v.number', '<', before!))
        .orderBy('v.number', 'desc')
        .limit(limit),
    );
    if (!found) throw noSuchBlock();
    return versions.map((each) => blockVersion.parse(each));
  },
});
