import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { aliasName } from '../datasets/schema.ts';
import { seenRevision, versionNumber } from '../ports/seen-revision.ts';
import { changedBlock } from './changed-block.ts';
import { block } from './schema.ts';

export const setBlockAlias = defineMutation({
  name: 'blocks.setAlias',
  summary: 'Name a version, as production, or move a name to it',
  access: 'block:write',
  rest: { method: 'PUT', path: '/v1/blocks/{blockId}/aliases/{name}' },
  input: z.object({ blockId: z.uuid(), revision: seenRevision, name: aliasName, version: versionNumber }),
  output: block,
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: ({ name, version }) => ({ name, version }),
  },
  run: ({ db, identity: { tenantId } }, { blockId, revision, name, version }) =>
    changedBlock(
      db,
      tenantId,
      sql`app.set_block_alias(${blockId}::uuid, ${revision}::integer, ${name}, ${version}::integer)`,
    ),
});
