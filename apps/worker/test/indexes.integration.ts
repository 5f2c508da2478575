import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { indexDataset } from '../src/indexes/index-dataset.ts';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');

let harness: LoadHarness;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
});
afterAll(() => harness.close());

interface Index {
  readonly column: string;
  readonly state: string;
  readonly error: { message: string } | null;
}
const indexes = (datasetId: string) => harness.act<Index[]>('datasets.indexes', { datasetId });
const made = async (versionId: string) =>
  (
    await owner.query<{ name: string }>('select column_name as name from app.data_indexes($1) order by 1', [versionId])
  ).rows.map(({ name }) => name);
const loaded = (ids: { datasetId: string; versionId: string }) =>
  expect.poll(async () => (await harness.status(ids)).state, { interval: 50 }).toBe('ready');
const rows = (count: number) =>
  ['id,name', ...Array.from({ length: count }, (_, i) => `${i},name ${i}`), ''].join('\n');

test('a declared index is made by a job, and of later versions before they are current', {
  timeout: 600_000,
}, async () => {
  const { child } = harness.startWorker();
  const first = await harness.requestLoad('first.csv', rows(1000));
  await loaded(first);
  const { datasetId } = first;
  expect(await harness.act('datasets.index', { datasetId, column: 'id' })).toMatchObject({ state: 'building' });
  await expect.poll(async () => (await indexes(datasetId))[0]?.state).toBe('ready');
  expect(await made(first.versionId)).toEqual(['id']);

  const second = await harness.requestLoad('second.csv', rows(2000), datasetId);
  await loaded(second);
  expect(await made(second.versionId)).toEqual(['id']);

  await harness.act('datasets.unindex', { datasetId, column: 'id' });
  await expect.poll(async () => [...(await made(first.versionId)), ...(await made(second.versionId))]).toEqual([]);
  child.kill('SIGTERM');
});

test('an index that is declared after a version made its own, and before it is current, is there in the end', {
  timeout: 600_000,
}, async () => {
  const worker = harness.startWorker();
  const first = await harness.requestLoad('first.csv', rows(10));
  await loaded(first);
  worker.child.kill('SIGKILL');
  const { datasetId } = first;
  const second = await harness.requestLoad('second.csv', rows(1000), datasetId);
  const declaring = await owner.connect();
  await declaring.query('begin');
  await declaring.query('select from datasets where id = $1 for update', [datasetId]); // as app.declare_index does
  const publishing = harness.startWorker();
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'select from datasets%'`;
  await expect.poll(async () => (await owner.query(waiting)).rowCount).toBe(1);
  await declaring.query(
    `insert into dataset_indexes (tenant_id, dataset_id, column_name, created_by) select tenant_id, id, 'name', owner_id from datasets where id = $1`,
    [datasetId],
  );
  await declaring.query('commit');
  declaring.release();
  await loaded(second);
  expect(await made(second.versionId)).toEqual(['name']);
  expect(await indexes(datasetId)).toMatchObject([{ column: 'name', state: 'ready' }]);
  publishing.child.kill('SIGTERM');
});

test('a worker that is killed while it makes an index leaves the work to another', async () => {
  const doomed = harness.startWorker();
  const ids = await harness.requestLoad('killed.csv', rows(100));
  await loaded(ids);
  const editing = await owner.connect();
  await editing.query('begin');
  await editing.query(`lock table data."v_${ids.versionId.replaceAll('-', '')}_p1" in row exclusive mode`); // as an edit does
  await harness.act('datasets.index', { datasetId: ids.datasetId, column: 'id' });
  const making = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'select app.index_version%'`;
  await expect.poll(async () => (await owner.query(making)).rowCount).toBe(1);
  doomed.child.kill('SIGKILL');
  await editing.query('rollback');
  editing.release();
  const heir = harness.startWorker();
  await expect.poll(async () => (await indexes(ids.datasetId))[0]?.state, { interval: 200 }).toBe('ready');
  expect(await made(ids.versionId)).toEqual(['id']);
  heir.child.kill('SIGTERM');
});

test('a forged job indexes nothing, and fails no index of another', async () => {
  const worker = harness.startWorker();
  const ids = await harness.requestLoad('mine.csv', rows(10));
  await loaded(ids);
  worker.child.kill('SIGKILL');
  await harness.act('datasets.index', { datasetId: ids.datasetId, column: 'id' });
  const stranger = await createTestOrganization(owner, 'stranger');
  const log: string[] = [];
  const dependencies = {
    database: createDatabase(database.pool('granary_worker'), { prepared: true }),
    log: (message: string) => void log.push(message),
  };
  const context = { jobId: 'forged', identity: stranger.as.owner, signal: AbortSignal.timeout(60_000) };
  await indexDataset(dependencies, { datasetId: ids.datasetId }, context);
  expect(log).toEqual(['nothing to index']);
  expect(await made(ids.versionId)).toEqual([]);
  expect(await indexes(ids.datasetId)).toMatchObject([{ state: 'building' }]);
  // the same job of its own user does what it should: the one above could have
  await indexDataset(dependencies, { datasetId: ids.datasetId }, { ...context, identity: harness.identity });
  expect(await made(ids.versionId)).toEqual(['id']);
});

test('who lost access after asking is told so', async () => {
  const worker = harness.startWorker();
  const ids = await harness.requestLoad('lost.csv', rows(10));
  await loaded(ids);
  worker.child.kill('SIGKILL');
  await owner.query(
    `insert into dataset_indexes (tenant_id, dataset_id, column_name, created_by)
     select d.tenant_id, d.id, 'name', m.user_id from datasets d join memberships m on m.tenant_id = d.tenant_id
     where d.id = $1 and m.user_id <> d.owner_id limit 1`,
    [ids.datasetId],
  );
  const { rows: others } = await owner.query<{ id: string }>(
    'select created_by as id from dataset_indexes where dataset_id = $1',
    [ids.datasetId],
  );
  const dependencies = { database: createDatabase(database.pool('granary_worker'), { prepared: true }), log: () => {} };
  await indexDataset(
    dependencies,
    { datasetId: ids.datasetId },
    { jobId: 'late', identity: { ...harness.identity, userId: others[0]!.id }, signal: AbortSignal.timeout(60_000) },
  );
  expect(await indexes(ids.datasetId)).toMatchObject([
    { state: 'failed', error: { message: expect.stringContaining('may no longer be written') } },
  ]);
});
