import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { createDataset } from '../datasets/create-dataset.ts';
import { deleteDataset } from '../datasets/delete-dataset.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { createEdge } from '../edges/create-edge.ts';
import { deleteEdge } from '../edges/delete-edge.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { cancelRun } from '../runs/cancel-run.ts';
import { getRun } from '../runs/get-run.ts';
import { launchRun } from '../runs/launch-run.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { addPipelineVersion } from './add-pipeline-version.ts';
import { createPipeline } from './create-pipeline.ts';
import { deletePipeline } from './delete-pipeline.ts';
import { getPipeline } from './get-pipeline.ts';
import { listPipelineVersions } from './list-pipeline-versions.ts';
import { schedulePipeline } from './schedule-pipeline.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

async function scene(name: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  const caller = createDatasetCaller(dependencies, owner, as.editor);
  const rows = { columns: [{ name: 'id', type: 'bigint' as const }], rows: [['1']] };
  const { datasetId: source } = await caller.newDataset('source', rows);
  const target = async (called: string) => (await caller.call(createDataset, { name: called })).dataset.id;
  const port = (called: string, type: 'bigint' | 'text' = 'bigint') => ({
    name: called,
    columns: [{ name: 'id', type, nullable: true }],
  });
  const edge = async (called: string, output = port('out'), inputs = [port('rows')]) => {
    const sql = 'select id from rows';
    const made = await caller.call(createEdge, {
      name: called,
      inputs,
      outputs: [output],
      implementation: { kind: 'sql', sql },
    });
    return made.id;
  };
  const verified = async (edgeId: string) => {
    await owner.query(
      `insert into edge_verifications (tenant_id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
       select tenant_id, edge_id, id, created_by, 'passed', created_by, now() from edge_versions where edge_id = $1`,
      [edgeId],
    );
    return edgeId;
  };
  return { as, tenantId, source, target, port, edge, verified, ...caller };
}

test('an error names the cycle, the dangling port, what does not fit, and what is written twice', async () => {
  const { call, edge, port, source, target } = await scene('errors');
  const [copy, texts] = [await edge('copy'), await edge('texts', port('out', 'text'))];
  const [a, b, c] = [await target('a'), await target('b'), await target('c')];
  const from = (datasetId: string) => ({ rows: { datasetId } });
  const create = (steps: object[]) => call(createPipeline, { name: 'p', steps: steps as never });
  await expect(
    create([
      { name: 'first', edgeId: copy, inputs: from(c), output: { datasetId: a } },
      { name: 'second', edgeId: copy, inputs: from(a), output: { datasetId: b } },
      { name: 'third', edgeId: copy, inputs: from(b), output: { datasetId: c } },
    ]),
  ).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/first → second → third|second → third → first|third → first → second/),
    details: { reason: 'cycle' },
  });
  await expect(
    create([{ name: 'self', edgeId: copy, inputs: from(a), output: { datasetId: a } }]),
  ).rejects.toMatchObject({
    message: expect.stringContaining('self → self'),
  });
  await expect(create([{ name: 'open', edgeId: copy, output: { datasetId: a } }])).rejects.toMatchObject({
    message: 'step open: nothing is joined to the input rows',
    details: { step: 'open', port: 'rows', reason: 'dangling' },
  });
  await expect(create([{ name: 'open', edgeId: copy, inputs: from(source) }])).rejects.toMatchObject({
    details: { step: 'open', port: 'out', reason: 'dangling' },
  });
  await expect(
    create([{ name: 'empty', edgeId: copy, inputs: from(a), output: { datasetId: b } }]),
  ).rejects.toMatchObject({
    details: { step: 'empty', port: 'rows', reason: 'dangling' },
  });
  await expect(
    create([
      { name: 'texts', edgeId: texts, inputs: from(source), output: { datasetId: a } },
      { name: 'numbers', edgeId: copy, inputs: from(a), output: { datasetId: b } },
    ]),
  ).rejects.toMatchObject({
    message: expect.stringContaining('step numbers: what step texts makes does not fit rows: column id (type)'),
  });
  await expect(
    create([
      { name: 'one', edgeId: copy, inputs: from(source), output: { datasetId: a } },
      { name: 'two', edgeId: copy, inputs: from(source), output: { datasetId: a } },
    ]),
  ).rejects.toMatchObject({ message: 'two steps write the dataset a' });
  await expect(
    create([
      {
        name: 'one',
        edgeId: copy,
        inputs: { rows: { datasetId: source }, others: { datasetId: source } },
        output: { datasetId: a },
      },
    ]),
  ).rejects.toMatchObject({ details: { reason: 'no port' } });
});

test('a pipeline gets versions, is launched once by a key, waits, is cancelled, and keeps what it uses', async () => {
  const { call, edge, verified, source, target, as } = await scene('whole life');
  const edgeId = await edge('copy');
  const output = await target('copied');
  const step = { name: 'copy', edgeId, inputs: { rows: { datasetId: source } }, output: { datasetId: output } };
  const made = await call(createPipeline, {
    name: 'copying',
    steps: [step],
    parameters: [{ name: 'since', type: 'date', default: '2026-01-01' }],
  });
  const pipelineId = made.id;
  await expect(call(launchRun, { pipelineId })).rejects.toMatchObject({
    kind: 'precondition',
    details: { reason: 'unverified' },
  });
  await verified(edgeId);
  await expect(call(launchRun, { pipelineId, parameters: { since: 'today' } })).rejects.toMatchObject({
    kind: 'invalid',
  });
  await expect(call(launchRun, { pipelineId, parameters: { other: 1 } })).rejects.toMatchObject({ kind: 'invalid' });
  const both = await Promise.all([1, 2].map(() => call(launchRun, { pipelineId, launchKey: 'once' })));
  expect(both[0]).toMatchObject({ state: 'running', parameters: { since: '2026-01-01' }, id: both[1]?.id });
  const second = await call(launchRun, { pipelineId });
  expect(second.state).toBe('queued');
  await expect(call(deletePipeline, { pipelineId, revision: 1 })).rejects.toMatchObject({ kind: 'precondition' });
  await call(cancelRun, { runId: second.id });
  await call(cancelRun, { runId: both[0]?.id ?? '' });
  expect((await call(getRun, { runId: second.id })).steps).toMatchObject([{ state: 'cancelled' }]);
  expect(await call(getPipeline, { pipelineId })).toMatchObject({
    statistics: { timesRun: 1, succeeded: 0, averageRuntime: null },
  });
  expect(await call(addPipelineVersion, { pipelineId, revision: 1, steps: [step] })).toMatchObject({
    version: 2,
    revision: 2,
  });
  await expect(call(addPipelineVersion, { pipelineId, revision: 1, steps: [step] })).rejects.toMatchObject({
    kind: 'conflict',
  });
  expect(await call(listPipelineVersions, { pipelineId })).toMatchObject([{ version: 2 }, { version: 1 }]);
  await expect(owner.query('update pipeline_steps set seconds = 1')).rejects.toMatchObject({ code: 'GR412' });
  await expect(call(deleteEdge, { edgeId, revision: 1 })).rejects.toMatchObject({
    details: { referredToBy: { pipelines: 1 } },
  });
  await expect(call(deleteDataset, { datasetId: source })).rejects.toMatchObject({ kind: 'precondition' });
  await expect(call(getPipeline, { pipelineId }, as.colleague)).rejects.toMatchObject({ kind: 'not_found' });
  await call(shareDataset, { datasetId: source, userId: as.colleague.userId });
  await expect(call(getPipeline, { pipelineId }, as.colleague)).rejects.toMatchObject({ kind: 'not_found' });
  await call(shareDataset, { datasetId: output, userId: as.colleague.userId });
  expect(await call(getPipeline, { pipelineId }, as.colleague)).toMatchObject({ name: 'copying' });
  await expect(call(launchRun, { pipelineId }, as.colleague)).rejects.toMatchObject({ kind: 'forbidden' });
  await call(deletePipeline, { pipelineId, revision: 2 });
  await call(deleteEdge, { edgeId, revision: 1 });
});

test('a schedule has its next time, and none that is never due; a plan limits the runs of a day', async () => {
  const { call, edge, verified, source, target, tenantId } = await scene('schedules');
  const edgeId = await verified(await edge('copy'));
  const output = { datasetId: await target('copied') };
  const steps = [{ name: 'copy', edgeId, inputs: { rows: { datasetId: source } }, output }];
  const { id: pipelineId } = await call(createPipeline, { name: 'nightly', steps });
  const schedule = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
  const scheduled = await call(schedulePipeline, { pipelineId, revision: 1, schedule });
  expect(new Date(scheduled.schedule?.nextRunAt ?? 0).getTime()).toBeGreaterThan(Date.now());
  for (const wrong of [{ cron: '0 0 30 2 *' }, { cron: 'often' }, { cron: '* * * * *', timeZone: 'Mars/Olympus' }])
    await expect(call(schedulePipeline, { pipelineId, revision: null, schedule: wrong })).rejects.toMatchObject({
      kind: 'invalid',
    });
  expect((await call(schedulePipeline, { pipelineId, revision: null, schedule: null })).schedule).toBeNull();
  await owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'pipeline_runs_per_day', 1, 'test')`,
    [tenantId],
  );
  await call(launchRun, { pipelineId });
  await expect(call(launchRun, { pipelineId })).rejects.toMatchObject({
    kind: 'limit_reached',
    details: { entitlement: 'pipeline_runs_per_day' },
  });
});
