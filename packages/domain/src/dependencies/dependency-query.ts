import { query } from '@granary/db';
import { sql } from 'kysely';

const targetKind = sql<string>`case when d.target_block_id is not null then 'block' when d.target_edge_id is not null then 'edge'
  when d.target_dataset_id is not null then 'dataset' else d.external_kind end`;

/** Dependencies of which the caller sees both ends. */
export const selectDependencies = (tenantId: string) =>
  query
    .selectFrom('dependencies as d')
    .select([
      'd.id',
      'd.block_id as blockId',
      'd.edge_id as edgeId',
      'd.dependency_type as dependencyType',
      targetKind.as('targetKind'),
      sql<string | null>`coalesce(d.target_block_id, d.target_edge_id, d.target_dataset_id)`.as('targetId'),
      'd.external_ref as ref',
      'd.detail',
      'd.origin',
      'd.repository_id as repositoryId',
      'd.found_in as foundIn',
      'd.created_by as createdBy',
      'd.created_at as createdAt',
    ])
    .where('d.tenant_id', '=', tenantId);
