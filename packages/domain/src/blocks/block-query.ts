import { query } from '@granary/db';

const columns = [
  'b.id',
  'b.name',
  'b.block_type as blockType',
  'b.description',
  'b.owner_id as ownerId',
  'b.dataset_id as datasetId',
  'v.number as version',
  'b.revision',
  'b.created_at as createdAt',
  'b.updated_at as updatedAt',
] as const;

/** Blocks of an organization with the number of their current version; which ones the caller sees is the policy's to say. */
export const selectBlocks = (tenantId: string) =>
  query
    .selectFrom('blocks as b')
    .innerJoin('block_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'b.tenant_id').onRef('v.id', '=', 'b.current_version_id'),
    )
    .select(columns)
    .where('b.tenant_id', '=', tenantId);

export const selectBlock = (tenantId: string, blockId: string) => selectBlocks(tenantId).where('b.id', '=', blockId);

export const selectBlockVersions = (tenantId: string, blockId: string) =>
  query
    .selectFrom('block_versions as v')
    .select([
      'v.id',
      'v.number as version',
      'v.metadata',
      'v.inputs',
      'v.outputs',
      'v.dataset_version_id as datasetVersionId',
      'v.digest',
      'v.created_by as createdBy',
      'v.created_at as createdAt',
      'v.is_active as isActive',
    ])
    .where('v.tenant_id', '=', tenantId)
    .where('v.block_id', '=', blockId);

/** What a block says at present, with what it is one of. */
export const selectCurrentBlock = (tenantId: string, blockId: string) =>
  selectBlockVersions(tenantId, blockId)
    .innerJoin('blocks as b', (join) =>
      join.onRef('b.tenant_id', '=', 'v.tenant_id').onRef('b.current_version_id', '=', 'v.id'),
    )
    .select(['b.block_type as blockType', 'b.dataset_id as datasetId']);
