import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { aliasName } from '../datasets/schema.ts';
import { seenRevision } from '../ports/seen-revision.ts';
import { changedBlock } from './changed-block.ts';
import { block } from './schema.ts';

export const removeBlockAlias = defineMutation({
  name: 'blocks.removeAlias',
  summary: 'Take a name from its version',
  access: 'block:write',
  rest: { method: 'DELETE', path: '/v1/blocks/{blockId}/aliases/{name}' },
  input: z.object({ blockId: z.uuid(), revision: seenRevision, name: aliasName }),
  output: block,
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: ({ name }) => ({ name }),
  },
  run: ({ db, identity: { tenantId } }, { blockId, revision, name }) =>
    changedBlock(db, tenantId, sql`app.remove_block_alias(${blockId}::uuid, ${revision}::integer, ${name})`),
});
