import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectEdge } from '../edges/edge-query.ts';
import { noSuchEdge } from '../edges/no-such-edge.ts';
import { namesInSql } from './names-in-sql.ts';

const arc = z.object({
  kind: z.enum(['sql', 'image', 'dagster']).or(z.string()),
  sql: z.string().nullable(),
  port: z.string(),
  blockId: z.uuid(),
  name: z.string(),
});
const use = z.object({
  pipelineId: z.uuid(),
  port: z.string(),
  datasetId: z.uuid().nullable(),
  dataset: z.string().nullable(),
});

/** Nothing of it is kept: it is read from where it is said, so that it is never older than that. */
export const foundDependenciesOfEdge = defineQuery({
  name: 'dependencies.foundOfEdge',
  summary:
    'List what an edge depends on by what is in the catalogue: blocks that its SQL reads, and what pipelines feed it',
  access: 'edge:read',
  rest: { method: 'GET', path: '/v1/edges/{edgeId}/dependencies/found' },
  input: z.object({ edgeId: z.uuid() }),
  output: z.array(
    z
      .object({
        source: z.enum(['sql', 'binding', 'pipeline']).meta({
          description:
            'sql: its text reads the input; binding: the input is joined, and what reads it is not SQL; pipeline: a pipeline feeds it',
        }),
        targetKind: z.enum(['block', 'dataset']),
        targetId: z.uuid(),
        name: z.string(),
        port: z.string(),
        pipelineId: z.uuid().nullable(),
      })
      .meta({ id: 'FoundDependency' }),
  ),
  async run({ reader, identity: { tenantId } }, { edgeId }) {
    const [[found], arcs, uses] = await reader.together(
      selectEdge(tenantId, edgeId),
      selectInputs(tenantId, edgeId),
      selectUses(tenantId, edgeId),
    );
    if (!found) throw noSuchEdge();
    const inputs = arcs.map((row) => arc.parse(row));
    const names = namesInSql(inputs[0]?.sql ?? '');
    return [
      ...inputs
        .filter(({ kind, port }) => kind !== 'sql' || names.has(port.toLowerCase()))
        .map(({ kind, port, blockId, name }) => ({
          source: kind === 'sql' ? ('sql' as const) : ('binding' as const),
          targetKind: 'block' as const,
          targetId: blockId,
          name,
          port,
          pipelineId: null,
        })),
      ...uses
        .map((row) => use.parse(row))
        .flatMap(({ pipelineId, port, datasetId, dataset }) =>
          datasetId === null || dataset === null
            ? []
            : [
                {
                  source: 'pipeline' as const,
                  targetKind: 'dataset' as const,
                  targetId: datasetId,
                  name: dataset,
                  port,
                  pipelineId,
                },
              ],
        ),
    ];
  },
});

/** Of its current version; only blocks that the caller may see are there. */
const selectInputs = (tenantId: string, edgeId: string) =>
  query
    .selectFrom('edges as e')
    .innerJoin('edge_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'e.tenant_id').onRef('v.id', '=', 'e.current_version_id'),
    )
    .innerJoin('edge_bindings as j', (join) =>
      join
        .onRef('j.tenant_id', '=', 'v.tenant_id')
        .onRef('j.edge_id', '=', 'e.id')
        .onRef('j.edge_version_id', '=', 'v.id'),
    )
    .innerJoin('blocks as b', (join) => join.onRef('b.tenant_id', '=', 'j.tenant_id').onRef('b.id', '=', 'j.block_id'))
    .select(['v.kind', 'v.sql', 'j.port', 'j.block_id as blockId', 'b.name'])
    .where('e.tenant_id', '=', tenantId)
    .where('e.id', '=', edgeId)
    .where('j.direction', '=', 'input')
    .orderBy('j.port')
    .orderBy('j.block_id')
    .limit(1000);

/** In pipelines that the caller may see, as they are now. */
const selectUses = (tenantId: string, edgeId: string) =>
  query
    .selectFrom('pipeline_edges as u')
    .innerJoin('pipelines as p', (join) =>
      join.onRef('p.tenant_id', '=', 'u.tenant_id').onRef('p.current_version_id', '=', 'u.version_id'),
    )
    .leftJoin('datasets as d', (join) =>
      join.onRef('d.tenant_id', '=', 'u.tenant_id').onRef('d.id', '=', 'u.source_dataset_id'),
    )
    .select(['u.pipeline_id as pipelineId', 'u.port', 'd.id as datasetId', sql<string | null>`d.name`.as('dataset')])
    .where('u.tenant_id', '=', tenantId)
    .where('u.edge_id', '=', edgeId)
    .orderBy('u.pipeline_id')
    .orderBy('u.step')
    .orderBy('u.port')
    .limit(1000);
