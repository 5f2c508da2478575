import { createTestOrganization, type TestDatabase } from '@granary/db/testing';
import { createDataset } from '../datasets/create-dataset.ts';
import { createEdge } from '../edges/create-edge.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { createPipeline } from '../pipelines/create-pipeline.ts';
import { createDatasetCaller } from './dataset-caller.ts';

type Implementation = Parameters<typeof implementationOf>[0];
const implementationOf = (kind: 'sql' | 'container' | 'dagster') =>
  kind === 'sql'
    ? ({ kind, sql: 'select id from rows' } as const)
    : kind === 'container'
      ? ({ kind, image: 'ghcr.io/example/clean:1' } as const)
      : ({ kind, dagsterOp: 'local:repository:clean' } as const);

/** An organization with a dataset `source`, and what tests of pipelines make out of it. */
export async function createPipelineScene(database: TestDatabase, name: string) {
  const owner = database.pool('postgres');
  const { as, tenantId } = await createTestOrganization(owner, name);
  const caller = createDatasetCaller(dependenciesOf(database), owner, as.editor);
  const rows = { columns: [{ name: 'id', type: 'bigint' as const }], rows: [['1']] };
  const { datasetId: source } = await caller.newDataset('source', rows);
  const target = async (called: string) => (await caller.call(createDataset, { name: called })).dataset.id;
  const port = (called: string, type: 'bigint' | 'text' = 'bigint') => ({
    name: called,
    columns: [{ name: 'id', type, nullable: true }],
  });
  const edge = async (
    called: string,
    { output = port('out'), inputs = [port('rows')], kind = 'sql' as Implementation } = {},
  ) =>
    (await caller.call(createEdge, { name: called, inputs, outputs: [output], implementation: implementationOf(kind) }))
      .id;
  /** As if its verification had passed. */
  const verified = async (edgeId: string) => {
    await owner.query(
      `insert into edge_verifications (tenant_id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
       select tenant_id, edge_id, id, created_by, 'passed', created_by, now() from edge_versions where edge_id = $1`,
      [edgeId],
    );
    return edgeId;
  };
  /** One step, from the source into a dataset of the same name. */
  const pipeline = async (called: string, edgeId: string, more: object = {}) => {
    const output = { datasetId: await target(called) };
    const steps = [{ name: 'copy', edgeId, inputs: { rows: { datasetId: source } }, output }];
    return { ...(await caller.call(createPipeline, { name: called, steps, ...more })), ...output };
  };
  return { owner, as, tenantId, source, target, port, edge, verified, pipeline, ...caller };
}
