import { query } from '@granary/db';
import { sql } from 'kysely';

/** Edges of an organization with the number of their current version; which ones the caller sees is the policy's to say. */
export const selectEdges = (tenantId: string) =>
  query
    .selectFrom('edges as e')
    .innerJoin('edge_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'e.tenant_id').onRef('v.id', '=', 'e.current_version_id'),
    )
    .select([
      'e.id',
      'e.name',
      'e.description',
      'e.owner_id as ownerId',
      'v.number as version',
      'e.revision',
      'e.created_at as createdAt',
      'e.updated_at as updatedAt',
    ])
    .where('e.tenant_id', '=', tenantId);

export const selectEdge = (tenantId: string, edgeId: string) => selectEdges(tenantId).where('e.id', '=', edgeId);

/** Of a version that is called v, as `implementation` parses it. */
export const implementationOf = sql<object>`case v.kind
  when 'sql' then jsonb_build_object('kind', 'sql', 'sql', v.sql)
  when 'container' then jsonb_strip_nulls(jsonb_build_object('kind', 'container', 'image', v.image, 'command', to_jsonb(v.command)))
  else jsonb_build_object('kind', 'dagster', 'dagsterOp', v.dagster_op) end`;
const bindingsOf = sql<object>`coalesce((
  select jsonb_agg(jsonb_build_object('direction', j.direction, 'port', j.port, 'blockId', j.block_id, 'blockPort', j.block_port)
    order by j.direction, j.port, j.block_id)
  from edge_bindings j where j.tenant_id = v.tenant_id and j.edge_version_id = v.id), '[]')`;

export const selectEdgeVersions = (tenantId: string, edgeId: string) =>
  query
    .selectFrom('edge_versions as v')
    .select([
      'v.id',
      'v.number as version',
      'v.metadata',
      'v.inputs',
      'v.outputs',
      implementationOf.as('implementation'),
      bindingsOf.as('bindings'),
      'v.digest',
      'v.created_by as createdBy',
      'v.created_at as createdAt',
      'v.is_active as isActive',
    ])
    .where('v.tenant_id', '=', tenantId)
    .where('v.edge_id', '=', edgeId);

/** What an edge says at present. */
export const selectCurrentEdge = (tenantId: string, edgeId: string) =>
  selectEdgeVersions(tenantId, edgeId).innerJoin('edges as e', (join) =>
    join.onRef('e.tenant_id', '=', 'v.tenant_id').onRef('e.current_version_id', '=', 'v.id'),
  );
