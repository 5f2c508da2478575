import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { metadata as anyMetadata } from '../ports/metadata.ts';
import { ports } from '../ports/schema.ts';
import { seenRevisionOrAny, versionNumber } from '../ports/seen-revision.ts';
import { blockContent } from './block-content.ts';
import { selectCurrentBlock } from './block-query.ts';
import { changedBlock } from './changed-block.ts';
import { noSuchBlock } from './no-such-block.ts';
import { block, blockVersion } from './schema.ts';

const current = blockVersion.extend({ blockType: block.shape.blockType, datasetId: block.shape.datasetId });

export const addBlockVersion = defineMutation({
  name: 'blocks.addVersion',
  summary: 'Make the next version of a block, which is current from then on; what you leave out stays as it is',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/blocks/{blockId}/versions' },
  input: z.object({
    blockId: z.uuid(),
    revision: seenRevisionOrAny,
    metadata: anyMetadata.optional(),
    inputs: ports.optional().meta({ description: 'Of a model' }),
    outputs: ports.optional().meta({ description: 'Of a model' }),
    datasetVersion: versionNumber
      .optional()
      .meta({ description: 'Of a dataset block: the dataset’s current one if you do not say' }),
  }),
  output: block,
  audit: {
    entityType: 'block',
    entityId: ({ blockId }) => blockId,
    details: (_input, { version }) => ({ version }),
  },
  async run({ db, identity: { tenantId } }, { blockId, revision, metadata, inputs, outputs, datasetVersion }) {
    await sql`select app.hold_block(${blockId}::uuid, ${revision}::integer)`.execute(db);
    const [row] = (await db.executeQuery(selectCurrentBlock(tenantId, blockId).compile())).rows;
    if (!row) throw noSuchBlock();
    const { blockType, datasetId, ...former } = current.parse(row);
    const isModel = blockType === 'model';
    const content = await blockContent(db, tenantId, {
      blockType,
      metadata: metadata ?? anyMetadata.parse(former.metadata),
      inputs: inputs ?? (isModel ? former.inputs : undefined),
      outputs: outputs ?? (isModel ? former.outputs : undefined),
      datasetId,
      datasetVersion,
    });
    return changedBlock(
      db,
      tenantId,
      sql`app.add_block_version(${blockId}::uuid, ${revision}::integer, ${content.metadata}::jsonb, ${content.inputs}::jsonb,
        ${content.outputs}::jsonb, ${content.datasetVersion}::integer, ${content.digest})`,
    );
  },
});
