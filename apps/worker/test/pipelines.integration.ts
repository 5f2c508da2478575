import { once } from 'node:events';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createCatalogue } from './pipeline-harness.ts';

const part = await createTestDatabase().then(createCatalogue);
afterAll(() => part.close());

test('clean, join, aggregate: every step becomes a version with its lineage, and the rows are those of the SQL', async () => {
  const { act, customers, worker } = part;
  worker();
  const pipelineId = await part.cleanJoinAggregate('sales');
  const run = await act<{ id: string; state: string }>('runs.launch', { pipelineId, launchKey: 'first' });
  const done = await part.runEnded(run.id);
  expect(done).toMatchObject({ state: 'succeeded', error: null });
  expect(done.steps.map(({ name, state, rows }) => [name, state, rows])).toEqual([
    ['clean', 'succeeded', 3],
    ['joined', 'succeeded', 3],
    ['totals', 'succeeded', 2],
  ]);
  const totals = done.steps[2];
  const page = await act<{ rows: unknown[][] }>('datasets.rows', { datasetId: totals?.datasetId, order: [] });
  expect(page.rows).toEqual([
    ['north', 2, '30.50'],
    ['south', 1, '5.00'],
  ]);
  const lineage = await act<{ port: string; inputDatasetId: string; runId: string; step: string }[]>(
    'datasets.lineage',
    {
      datasetId: done.steps[1]?.datasetId,
    },
  );
  expect(lineage).toMatchObject([
    { port: 'customers', inputDatasetId: customers, inputVersion: 1, inputChangeSet: 0, runId: run.id, step: 'joined' },
    { port: 'orders', inputDatasetId: done.steps[0]?.datasetId, inputVersion: 1, runId: run.id },
  ]);
  expect(await act('runs.launch', { pipelineId, launchKey: 'first' })).toMatchObject({ id: run.id });
  const { items } = await act<{ items: { message: string }[] }>('runs.logs', { runId: run.id });
  expect(items.map(({ message }) => message)).toContain('input orders: 4 rows of version 1');
  expect(await act('pipelines.get', { pipelineId })).toMatchObject({ statistics: { timesRun: 1, succeeded: 1 } });
});

test('what fails says why; what succeeded stays when the run goes on', async () => {
  const { act, owner, worker } = part;
  worker();
  const { datasetId } = await part.newDataset('flaky', [['id', 'bigint']], [['1']]);
  const first = await part.target('flaky first');
  const second = await part.target('flaky second');
  const port = (name: string) => ({ name, columns: [{ name: 'id', type: 'bigint', nullable: true }] });
  const good = await part.edge('flaky good', [port('rows')], port('out'), 'select id from rows', { rows: [{ id: 7 }] });
  const bad = await part.edge(
    'flaky bad',
    [port('rows')],
    port('out'),
    `select cast(case when id = 1 then 'x' else '2' end as bigint) as id from rows`,
    { rows: [{ id: 7 }] },
  );
  const { id: pipelineId } = await act<{ id: string }>('pipelines.create', {
    name: 'flaky',
    steps: [
      { name: 'one', edgeId: good, inputs: { rows: { datasetId } }, output: { datasetId: first } },
      { name: 'two', edgeId: bad, inputs: { rows: { datasetId: first } }, output: { datasetId: second }, retries: 1 },
      {
        name: 'three',
        edgeId: good,
        inputs: { rows: { datasetId: second } },
        output: { datasetId: await part.target('flaky third') },
      },
    ],
  });
  const { id } = await act<{ id: string }>('runs.launch', { pipelineId });
  const failed = await part.runEnded(id);
  expect(failed).toMatchObject({ state: 'failed', error: { kind: 'invalid', step: 'two' } });
  expect(failed.steps.map(({ state, attempt }) => [state, attempt])).toEqual([
    ['succeeded', 1],
    ['failed', 2],
    ['skipped', 0],
  ]);
  await expect(act('datasets.rows', { datasetId: second })).rejects.toMatchObject({ kind: 'precondition' });
  await act('runs.resume', { runId: id });
  const again = await part.runEnded(id);
  expect(again.steps.map(({ state, attempt }) => [state, attempt])).toEqual([
    ['succeeded', 1],
    ['failed', 4],
    ['skipped', 0],
  ]);
  const versions = await owner.query(
    'select state::text from dataset_versions where dataset_id = any ($1) order by state',
    [[first, second]],
  );
  expect(versions.rows.map(({ state }) => state).sort()).toEqual(
    ['failed', 'failed', 'failed', 'ready'].sort().slice(-versions.rows.length),
  );
});

test('an edge that fails its assertion does not run, whoever asks', async () => {
  const { act, owner, worker } = part;
  worker();
  const port = { name: 'rows', columns: [{ name: 'id', type: 'bigint', nullable: true }] };
  const { id: edgeId } = await act<{ id: string }>('edges.create', {
    name: 'wrong',
    inputs: [port],
    outputs: [{ ...port, name: 'out' }],
    implementation: { kind: 'sql', sql: 'select id * 2 as id from rows' },
  });
  const verification = await part.verify(edgeId, {
    inputs: { rows: { rows: [{ id: 1 }, { id: 2 }] } },
    expectations: {
      assertions: [{ name: 'no twos', sql: 'select * from out where id = 2' }],
      rows: [{ output: 'out', min: 2, max: 2 }],
    },
  });
  expect(verification).toMatchObject({
    status: 'failed',
    logs: expect.stringContaining('FAILED assertion no twos: 1 rows'),
  });
  const { datasetId } = await part.newDataset('wrong rows', [['id', 'bigint']], [['1']]);
  const { id: pipelineId } = await act<{ id: string }>('pipelines.create', {
    name: 'wrong',
    steps: [
      { name: 'one', edgeId, inputs: { rows: { datasetId } }, output: { datasetId: await part.target('wrong out') } },
    ],
  });
  await expect(act('runs.launch', { pipelineId })).rejects.toMatchObject({
    kind: 'precondition',
    details: { reason: 'unverified' },
  });
  const insert = `insert into run_steps (tenant_id, pipeline_id, run_id, name, position, edge_id, edge_version_id, target_dataset_id, seconds)
    select v.tenant_id, app.uuidv7(), app.uuidv7(), 'x', 1, v.edge_id, v.id, $2, 1 from edge_versions v where v.edge_id = $1`;
  await expect(owner.query(insert, [edgeId, datasetId])).rejects.toMatchObject({ code: 'GR412' });
});

test('a cancelled run publishes nothing, and the next one that waits begins', async () => {
  const { act, worker } = part;
  worker();
  const port = (name: string) => ({ name, columns: [{ name: 'n', type: 'bigint', nullable: true }] });
  const endless =
    'with recursive r as (select n from rows union all select n + 1 from r where n > 0) select max(n) as n from r';
  const edgeId = await part.edge('endless', [port('rows')], port('out'), endless, { rows: [{ n: 0 }] });
  const { datasetId } = await part.newDataset('endless rows', [['n', 'bigint']], [['1']]);
  const output = await part.target('endless out');
  const { id: pipelineId } = await act<{ id: string }>('pipelines.create', {
    name: 'endless',
    steps: [{ name: 'one', edgeId, inputs: { rows: { datasetId } }, output: { datasetId: output } }],
  });
  const { id } = await act<{ id: string }>('runs.launch', { pipelineId });
  const waiting = await act<{ id: string; state: string }>('runs.launch', { pipelineId });
  expect(waiting.state).toBe('queued');
  await expect.poll(() => part.run(id).then(({ steps }) => steps[0]?.state)).toBe('running');
  expect(await act('runs.cancel', { runId: id })).toMatchObject({ state: 'cancelled' });
  await expect(act('runs.cancel', { runId: id })).rejects.toMatchObject({ kind: 'precondition' });
  await expect.poll(() => part.run(waiting.id).then(({ state }) => state)).toBe('running');
  await act('runs.cancel', { runId: waiting.id });
  await expect(act('datasets.rows', { datasetId: output })).rejects.toMatchObject({ kind: 'precondition' });
});

test('a step that writes a block makes its next version, with lineage; one by its dataset leaves the block alone', async () => {
  const { act, owner, worker } = part;
  worker();
  const pipelineId = await part.cleanJoinAggregate('blocks');
  const blockId = await part.withBlock(pipelineId);
  const { id } = await act<{ id: string }>('runs.launch', { pipelineId });
  const done = await part.runEnded(id);
  expect(done.steps.map((step) => [step.name, step.blockId, step.blockVersion])).toEqual([
    ['clean', blockId, 2],
    ['joined', null, null],
    ['totals', null, null],
  ]);
  const block = await act<{ version: number; current: { datasetVersionId: string; digest: string } }>('blocks.get', {
    blockId,
  });
  expect(block).toMatchObject({ version: 2, current: { datasetVersionId: done.steps[0]?.versionId } });
  const { items } = await act<{ items: { message: string }[] }>('runs.logs', { runId: id });
  expect(items.map(({ message }) => message)).toContain('they are version 2 of the block blocks cleaned');
  // what a block points at is not changed in place
  const frozen = await owner.query('select app.version_is_frozen($1) as is', [done.steps[0]?.versionId]);
  expect(frozen.rows).toEqual([{ is: true }]);
  // the same content by hand would be no new version: the digest is that of the action
  expect(await act('blocks.addVersion', { blockId, revision: null })).toMatchObject({ version: 2 });
});

const points = ['step begun', 'step filled', 'step selected', 'step publishing', 'step settled'] as const;

test.for(points)(
  'a worker killed at “%s”: another one goes on, and each output is there once',
  async (point, { expect: expected }) => {
    const own = await createTestDatabase().then(createCatalogue);
    onTestFinished(() => own.close());
    const helper = own.worker();
    const pipelineId = await own.cleanJoinAggregate('killed');
    const blockId = await own.withBlock(pipelineId);
    helper.kill('SIGTERM');
    await once(helper, 'exit');
    const killed = own.worker(point);
    const { id } = await own.act<{ id: string }>('runs.launch', { pipelineId });
    await once(killed, 'exit');
    expected(killed.signalCode).toBe('SIGKILL');
    own.worker();
    const done = await own.runEnded(id);
    expected(done.state).toBe('succeeded');
    const versions = await own.owner.query(
      `select count(*)::int as n, count(*) filter (where v.state = 'ready')::int as ready from dataset_versions v
     join run_steps s on s.target_dataset_id = v.dataset_id where s.run_id = $1`,
      [id],
    );
    expected(versions.rows).toEqual([{ n: 4, ready: 4 }]);
    const tables = await own.owner.query(
      `select count(*)::int as n from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'`,
    );
    expected(tables.rows).toEqual([{ n: 6 }]); // two inputs, three outputs, and what the block began with
    const [clean] = done.steps;
    expected(clean).toMatchObject({ blockId, blockVersion: 2 });
    const blocks = await own.owner.query(
      'select number, dataset_version_id as version from block_versions where block_id = $1 order by number',
      [blockId],
    );
    expected(blocks.rows).toMatchObject([{ number: 1 }, { number: 2, version: clean?.versionId }]);
    const lineage = await own.owner.query(
      'select port, input_dataset_id as dataset from dataset_version_lineage where run_id = $1 and step = $2',
      [id, 'clean'],
    );
    expected(lineage.rows).toEqual([{ port: 'orders', dataset: own.orders }]);
  },
);
