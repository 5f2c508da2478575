import { query } from '@granary/db';
import { sql } from 'kysely';

const targetKind = sql<string>`case when d.target_block_id is not null then 'block' when d.target_edge_id is not null then 'edge'
  when d.target_dataset_id is not null then 'dataset' else d.external_kind end`;

const targetName = sql<string | null>`coalesce(
  (select b.name from public.blocks b where b.tenant_id = d.tenant_id and b.id = d.target_block_id),
  (select e.name from public.edges e where e.tenant_id = d.tenant_id and e.id = d.target_edge_id),
  (select s.name from public.datasets s where s.tenant_id = d.tenant_id and s.id = d.target_dataset_id))`;

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
      targetName.as('targetName'),
      'd.external_ref as ref',
      'd.detail',
      'd.origin',
      'd.repository_id as repositoryId',
      'd.found_in as foundIn',
      'd.created_by as createdBy',
      'd.created_at as createdAt',
    ])
    .where('d.tenant_id', '=', tenantId);
