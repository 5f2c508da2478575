import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { seenRevision, versionNumber } from '../ports/seen-revision.ts';
import { changedBlock } from './changed-block.ts';
import { block } from './schema.ts';

export const rollBackBlock = defineMutation({
  name: 'blocks.rollBack',
  summary: 'Make an older version current again; those after it stay',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/blocks/{blockId}/current' },
  input: z.object({ blockId: z.uuid(), revision: seenRevision, version: versionNumber }),
  output: block,
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: ({ version }) => ({ version }),
  },
  run: ({ db, identity: { tenantId } }, { blockId, revision, version }) =>
    changedBlock(db, tenantId, sql`app.roll_back_block(${blockId}::uuid, ${revision}::integer, ${version}::integer)`),
});
