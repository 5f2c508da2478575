import { z } from 'zod';
import { port } from '../ports/schema.ts';

export const blockName = z.string().trim().min(1).max(200).meta({ description: 'Unique in the organization' });
export const blockDescription = z.string().max(10_000);
export const blockType = z.enum(['dataset', 'model']);
export type BlockType = z.infer<typeof blockType>;

export const block = z
  .object({
    id: z.uuid(),
    name: z.string(),
    blockType,
    description: z.string(),
    ownerId: z.uuid().nullable().meta({ description: 'null: its owner left the organization' }),
    datasetId: z.uuid().nullable().meta({ description: 'Of a dataset block: what its versions are versions of' }),
    version: z.int().meta({ description: 'The current one' }),
    revision: z.int().meta({ description: 'Counts changes of the block, its versions and names' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Block' });

export const blockVersion = z
  .object({
    id: z.uuid(),
    version: z.int(),
    metadata: z.record(z.string(), z.unknown()),
    inputs: z.array(port),
    outputs: z.array(port),
    datasetVersionId: z.uuid().nullable(),
    digest: z.string().meta({ description: 'SHA-256 of the canonical form (RFC 8785) of what the version says' }),
    createdBy: z.uuid(),
    createdAt: z.string(),
    isActive: z.boolean().meta({ description: 'Whether anything new may use it' }),
  })
  .meta({ id: 'BlockVersion' });
