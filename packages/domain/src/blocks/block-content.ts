import type { TenantDb } from '@granary/db';
import type { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { contentDigest } from '../ports/content-digest.ts';
import { type metadata as anyMetadata, requireMetadata } from '../ports/metadata.ts';
import type { Port } from '../ports/schema.ts';
import { datasetPorts } from './dataset-ports.ts';
import type { BlockType } from './schema.ts';

interface Said {
  readonly blockType: BlockType;
  readonly metadata: z.output<typeof anyMetadata>;
  readonly inputs?: Port[] | undefined;
  readonly outputs?: Port[] | undefined;
  readonly datasetId?: string | null | undefined;
  readonly datasetVersion?: number | undefined;
}

/** All that a version of a block says, as the commands take it. */
export interface BlockContent {
  readonly metadata: string;
  readonly inputs: string;
  readonly outputs: string;
  readonly datasetVersion: number | null;
  readonly digest: string;
}

/**
 * What a new version is to say. Of a dataset block the ports are the dataset's columns, of a model those that were given. Throws
 * DomainError invalid for metadata that is not of the type, and for ports or a dataset where the type has none.
 */
export async function blockContent(db: TenantDb, tenantId: string, said: Said): Promise<BlockContent> {
  const { blockType, metadata } = said;
  requireMetadata(blockType, metadata);
  if (blockType === 'model') {
    if (said.datasetId != null || said.datasetVersion !== undefined)
      throw new DomainError('invalid', 'a model has no dataset');
    const [inputs, outputs] = [said.inputs ?? [], said.outputs ?? []];
    return write({ blockType, metadata, inputs, outputs, datasetVersionId: null }, null);
  }
  if (said.inputs ?? said.outputs)
    throw new DomainError('invalid', 'the ports of a dataset block are the columns of its dataset');
  if (said.datasetId == null) throw new DomainError('invalid', 'a dataset block names its datasetId');
  const { versionId, number, outputs } = await datasetPorts(db, tenantId, said.datasetId, said.datasetVersion);
  return write({ blockType, metadata, inputs: [], outputs, datasetVersionId: versionId }, number);
}

interface Content {
  readonly blockType: BlockType;
  readonly metadata: unknown;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly datasetVersionId: string | null;
}

const write = (content: Content, datasetVersion: number | null): BlockContent => ({
  metadata: JSON.stringify(content.metadata),
  inputs: JSON.stringify(content.inputs),
  outputs: JSON.stringify(content.outputs),
  datasetVersion,
  digest: contentDigest({ ...content }),
});
