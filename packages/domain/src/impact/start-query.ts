import { query } from '@granary/db';
import { z } from 'zod';
import { port } from '../ports/schema.ts';

export type OwnKind = 'block' | 'edge' | 'dataset' | 'pipeline';
/** What has ports. */
export type KindWithPorts = Exclude<OwnKind, 'pipeline'>;

/** What a thing of ours is called. */
export const selectName = (tenantId: string, kind: OwnKind, id: string) =>
  query.selectFrom(`${kind}s`).select('name').where('tenant_id', '=', tenantId).where('id', '=', id);

export const startPorts = z.object({ inputs: z.array(port), outputs: z.array(port) });

/** Its ports as they are now; a dataset's are its block's, if it has one. */
export const selectPorts = (tenantId: string, kind: KindWithPorts, id: string) =>
  kind === 'edge'
    ? query
        .selectFrom('edges as e')
        .innerJoin('edge_versions as v', (join) =>
          join.onRef('v.tenant_id', '=', 'e.tenant_id').onRef('v.id', '=', 'e.current_version_id'),
        )
        .select(['v.inputs', 'v.outputs'])
        .where('e.tenant_id', '=', tenantId)
        .where('e.id', '=', id)
    : query
        .selectFrom('blocks as b')
        .innerJoin('block_versions as v', (join) =>
          join.onRef('v.tenant_id', '=', 'b.tenant_id').onRef('v.id', '=', 'b.current_version_id'),
        )
        .select(['v.inputs', 'v.outputs'])
        .where('b.tenant_id', '=', tenantId)
        .where(kind === 'block' ? 'b.id' : 'b.dataset_id', '=', id)
        .orderBy('b.id')
        .limit(1);
