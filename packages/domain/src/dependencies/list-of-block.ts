import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectBlock } from '../blocks/block-query.ts';
import { noSuchBlock } from '../blocks/no-such-block.ts';
import { selectDependencies } from './dependency-query.ts';
import { dependency } from './schema.ts';

export const listDependenciesOfBlock = defineQuery({
  name: 'dependencies.ofBlock',
  summary: 'List what a block depends on beside what its arcs say, of what one may see',
  access: 'block:read',
  rest: { method: 'GET', path: '/v1/blocks/{blockId}/dependencies' },
  input: z.object({ blockId: z.uuid(), limit: z.int().min(1).max(1000).default(200) }),
  output: z.array(dependency),
  async run({ reader, identity: { tenantId } }, { blockId, limit }) {
    const [[found], dependencies] = await reader.together(
      selectBlock(tenantId, blockId),
      selectDependencies(tenantId).where('d.block_id', '=', blockId).orderBy('d.id').limit(limit),
    );
    if (!found) throw noSuchBlock();
    return dependencies.map((each) => dependency.parse(each));
  },
});
