import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision, versionNumber } from '../ports/seen-revision.ts';
import { changedBlock } from './changed-block.ts';
import { block } from './schema.ts';

export const setBlockVersionActive = defineMutation({
  name: 'blocks.setVersionActive',
  summary: 'Withdraw a version, so that nothing new uses it, or take that back',
  access: 'block:write',
  rest: { method: 'PUT', path: '/v1/blocks/{blockId}/versions/{version}/active' },
  input: z.object({ blockId: z.uuid(), revision: seenRevision, version: versionNumber, active: z.boolean() }),
  output: block,
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: ({ version, active }) => ({ version, active }),
  },
  run: ({ db, identity: { tenantId } }, { blockId, revision, version, active }) =>
    changedBlock(
      db,
      tenantId,
      sql`app.set_block_version_active(${blockId}::uuid, ${revision}::integer, ${version}::integer, ${active})`,
    ),
});
