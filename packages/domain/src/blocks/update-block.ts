import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision } from '../ports/seen-revision.ts';
import { changedBlock } from './changed-block.ts';
import { block, blockDescription, blockName } from './schema.ts';

export const updateBlock = defineMutation({
  name: 'blocks.update',
  summary: 'Rename or describe a block, or say whose it is; what its versions say stays as it is',
  access: 'block:write',
  rest: { method: 'PATCH', path: '/v1/blocks/{blockId}' },
  input: z.object({
    blockId: z.uuid(),
    revision: seenRevision,
    name: blockName.optional(),
    description: blockDescription.optional(),
    ownerId: z.uuid().optional().meta({ description: 'A member, whose it is from now on' }),
  }),
  output: block,
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: ({ blockId: _block, revision: _seen, ...changes }) => ({ fields: Object.keys(changes) }),
  },
  run: ({ db, identity: { tenantId } }, { blockId, revision, ...changes }) =>
    changedBlock(
      db,
      tenantId,
      sql`app.update_block(${blockId}::uuid, ${revision}::integer, ${JSON.stringify(changes)}::jsonb)`,
    ),
});
