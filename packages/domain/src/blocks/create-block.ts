import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { metadata } from '../ports/metadata.ts';
import { ports } from '../ports/schema.ts';
import { versionNumber } from '../ports/seen-revision.ts';
import { blockContent } from './block-content.ts';
import { changedBlock } from './changed-block.ts';
import { block, blockDescription, blockName, blockType } from './schema.ts';

export const createBlock = defineMutation({
  name: 'blocks.create',
  summary: 'Put a dataset or a model into the catalogue, with a first version',
  access: 'block:write',
  rest: { method: 'POST', path: '/v1/blocks' },
  input: z.object({
    name: blockName,
    blockType,
    description: blockDescription.default(''),
    metadata: metadata.default({}),
    inputs: ports.optional().meta({ description: 'Of a model: what goes in' }),
    outputs: ports.optional().meta({ description: 'Of a model: what comes out' }),
    datasetId: z.uuid().optional().meta({ description: 'Of a dataset block: one that you may write' }),
    datasetVersion: versionNumber.optional().meta({ description: 'The current one if you do not say' }),
  }),
  output: block,
  audit: {
    entityType: 'block',
    entityId: (_input, { id }) => id,
    details: ({ blockType: type, datasetId }) => ({ blockType: type, datasetId }),
  },
  async run({ db, identity: { tenantId } }, { name, description, ...said }) {
    const content = await blockContent(db, tenantId, said);
    return changedBlock(
      db,
      tenantId,
      sql`app.create_block(${name}, ${said.blockType}, ${description}, ${content.metadata}::jsonb, ${content.inputs}::jsonb,
        ${content.outputs}::jsonb, ${said.datasetId ?? null}::uuid, ${content.datasetVersion}::integer, ${content.digest})`,
    );
  },
});
