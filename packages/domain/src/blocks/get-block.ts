import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectBlock, selectCurrentBlock } from './block-query.ts';
import { noSuchBlock } from './no-such-block.ts';
import { block, blockVersion } from './schema.ts';

export const getBlock = defineQuery({
  name: 'blocks.get',
  summary: 'Get a block with its current version',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/blocks/{blockId}' },
  input: z.object({ blockId: z.uuid() }),
  output: block.extend({ current: blockVersion }),
  async run({ reader, identity: { tenantId } }, { blockId }) {
    const [[found], [current]] = await reader.together(
      selectBlock(tenantId, blockId),
      selectCurrentBlock(tenantId, blockId),
    );
    if (!found || !current) throw noSuchBlock();
    return { ...block.parse(found), current: blockVersion.parse(current) };
  },
});
