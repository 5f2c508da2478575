import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { port } from '../ports/schema.ts';

const entity = z.enum(['block', 'edge', 'dataset']);

/** An arc with both ports, as they are now. */
export const arc = z.object({
  edgeId: z.uuid(),
  version: z.int(),
  direction: z.enum(['input', 'output']),
  port: z.string(),
  blockId: z.uuid(),
  blockPort: z.string(),
  isDataset: z.boolean(),
  edgePorts: z.array(port),
  blockInputs: z.array(port),
  blockOutputs: z.array(port),
});
export type Arc = z.output<typeof arc>;

/** So many arcs at one thing are looked at. */
export const mostArcs = 10_000;

/** The arcs at a block, at all blocks of a dataset, or at an edge: of versions that are current or have a name. */
export const selectArcs = (tenantId: string, kind: z.output<typeof entity>, id: string) =>
  query
    .selectFrom('edge_bindings as j')
    .innerJoin('edges as e', (join) => join.onRef('e.tenant_id', '=', 'j.tenant_id').onRef('e.id', '=', 'j.edge_id'))
    .innerJoin('edge_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'j.tenant_id').onRef('v.id', '=', 'j.edge_version_id'),
    )
    .innerJoin('blocks as b', (join) => join.onRef('b.tenant_id', '=', 'j.tenant_id').onRef('b.id', '=', 'j.block_id'))
    .innerJoin('block_versions as w', (join) =>
      join.onRef('w.tenant_id', '=', 'b.tenant_id').onRef('w.id', '=', 'b.current_version_id'),
    )
    .select([
      'j.edge_id as edgeId',
      'v.number as version',
      'j.direction',
      'j.port',
      'j.block_id as blockId',
      'j.block_port as blockPort',
      sql<boolean>`b.dataset_id is not null`.as('isDataset'),
      sql<object>`case j.direction when 'input' then v.inputs else v.outputs end`.as('edgePorts'),
      'w.inputs as blockInputs',
      'w.outputs as blockOutputs',
    ])
    .where('j.tenant_id', '=', tenantId)
    .where(kind === 'block' ? 'j.block_id' : kind === 'edge' ? 'j.edge_id' : 'b.dataset_id', '=', id)
    .where(
      sql<boolean>`(e.current_version_id = j.edge_version_id or exists (select from edge_aliases a
        where a.tenant_id = j.tenant_id and a.edge_id = j.edge_id and a.version_id = j.edge_version_id))`,
    )
    .orderBy('j.edge_id')
    .orderBy('v.number')
    .orderBy('j.direction')
    .orderBy('j.port')
    .orderBy('j.block_id')
    .limit(mostArcs + 1);
