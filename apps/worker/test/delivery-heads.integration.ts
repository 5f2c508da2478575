import { once } from 'node:events';
import { createDatabase } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import { createFileObjectStore } from '@granary/object-store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDataset } from '../src/load/load-dataset.ts';
import { createLoadHarness, type LoadHarness, type LoadIds } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
let harness: LoadHarness;
let worker: ReturnType<LoadHarness['startWorker']>;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
  worker = harness.startWorker();
});
afterAll(() => harness.close());

interface Page {
  readonly version: number;
  readonly rows: readonly (readonly unknown[])[];
}
const load = async (content: string, datasetId?: string, delivery?: Parameters<LoadHarness['requestLoad']>[4]) => {
  const ids = await harness.requestLoad('rows.csv', content, datasetId, {}, delivery);
  return { ...ids, load: await harness.ended(ids) };
};
const rowsOf = (datasetId: string, more: object = {}) => harness.act<Page>('datasets.rows', { datasetId, ...more });

test('a wide dataset, which stands in several tables, is appended to and upserted as one', {
  timeout: 600_000,
}, async () => {
  const columns = Array.from({ length: 2500 }, (_, i) => `c${i}`);
  const row = (id: number, value: string) => [id, ...columns.map(() => value)].join(',');
  const { datasetId } = await load([`id,${columns.join(',')}`, row(1, '1'), row(2, '2'), ''].join('\n'));
  const { rows } = await owner.query(
    'select count(distinct chunk)::int as n from dataset_columns where dataset_id = $1',
    [datasetId],
  );
  expect(rows[0].n).toBeGreaterThan(1);
  const asked = { datasetId, columns: ['id', 'c0', 'c1999', 'c2499'] };

  const appended = await load('c2499,id,c0\n9,3,\nx,4,5\n,5,7\n', datasetId, { mode: 'append' });
  expect(appended.load).toMatchObject({ state: 'ready', loadedRows: 2, quarantinedRows: 1 });
  expect((await rowsOf(datasetId, asked)).rows.slice(2)).toEqual([
    [3, null, null, 9],
    [5, 7, null, null],
  ]);

  const delta = [`c1999,id,c0`, '20,2,2', '33,3,3', '66,6,6', ''].join('\n');
  const upserted = await load(delta, datasetId, { mode: 'upsert', keyColumns: ['id'] });
  expect(upserted.load).toMatchObject({ state: 'ready', loadedRows: 3 });
  expect((await rowsOf(datasetId, asked)).rows).toEqual([
    [1, 1, 1, 1],
    [2, 2, 20, 2],
    [3, 3, 33, 9],
    [5, 7, null, null],
    [6, 6, 66, null],
  ]);
  const keyed = await load(`c2499,id\n22,6\n9,7\n`, datasetId, { mode: 'upsert', keyColumns: ['c2499', 'id'] });
  expect(keyed.load).toMatchObject({ state: 'ready', loadedRows: 2 });

  const wide = ['id', ...columns.map((name) => `more_${name}`)].join(',');
  const widened = await load([wide, row(8, '8'), ''].join('\n'), datasetId, { mode: 'append', newColumns: 'add' });
  expect(widened.load).toMatchObject({ state: 'ready', loadedRows: 1 });
  const both = await rowsOf(datasetId, {
    columns: ['id', 'c0', 'more_c0', 'more_c2499'],
    filter: { column: 'id', op: 'in', values: [2, 8] },
  });
  expect(both.rows).toEqual([
    [2, 2, null, null],
    [8, null, 8, 8],
  ]);
});

test.for(['append', 'upsert'] as const)(
  'a version that an alias names stays as it is: an %s goes into a copy of it',
  async (mode) => {
    const { datasetId } = await load('id,name\n1,Ann\n2,Ben\n');
    await harness.act('datasets.setAlias', { datasetId, name: 'kept', version: 1 });
    const delivery = mode === 'upsert' ? { mode, keyColumns: ['id'] } : { mode };
    expect((await load('id,name\n2,Bea\n3,Cy\n', datasetId, delivery)).load).toMatchObject({ state: 'ready' });
    const head = await rowsOf(datasetId);
    expect(head.version).toBe(3);
    expect(head.rows.map((cells) => cells.join(' '))).toEqual(
      mode === 'upsert' ? ['1 Ann', '2 Bea', '3 Cy'] : ['1 Ann', '2 Ben', '2 Bea', '3 Cy'],
    );
    const kept = await rowsOf(datasetId, { version: 'kept' });
    expect(kept.rows.map((cells) => cells.join(' '))).toEqual(['1 Ann', '2 Ben']);
  },
);

test('deliveries wait for as long as a copy of the version takes, in the queue, while other loads go on', {
  timeout: 600_000,
}, async () => {
  const { datasetId } = await load('id,name\n1,Ann\n');
  const reading = await harness.requestLoad('other.csv', 'a\n1\n');
  await harness.ended(reading);
  worker.child.kill('SIGTERM');
  await once(worker.child, 'exit');
  await harness.act('datasets.setAlias', { datasetId, name: 'kept', version: 1 });
  const copy = { datasetId, ...(await harness.act<{ versionId: string }>('datasets.copyVersion', { datasetId })) };
  // as if the worker that copies took long: its job is not given to anybody
  await owner.query(`update jobs.job set start_after = 'infinity' where name = 'dataset.copy'`);
  const appended = await harness.requestLoad('more.csv', 'id,name\n2,Ben\n', datasetId, {}, { mode: 'append' });
  const upserted = await harness.requestLoad(
    'more.csv',
    'id,name\n1,Anna\n',
    datasetId,
    {},
    { mode: 'upsert', keyColumns: ['id'] },
  );

  worker = harness.startWorker();
  const jobs = async (ids: LoadIds) =>
    (
      await owner.query<{ state: string; retries: number }>(
        `select state, retry_count as retries from jobs.job where data->'input'->>'versionId' = $1 order by created_on`,
        [ids.versionId],
      )
    ).rows;
  // more looks than a job has attempts
  await expect.poll(async () => (await jobs(appended)).length, { interval: 100 }).toBeGreaterThan(4);
  expect((await jobs(appended)).every(({ retries }) => retries === 0)).toBe(true);
  expect(await harness.status(appended)).toMatchObject({ state: 'queued', phase: 'waiting', error: null });
  // as after a worker that was killed when it had asked for the next job, and had not ended its own
  const { rows: again } = await owner.query<{ id: string }>(
    `update jobs.job set state = 'retry', completed_on = null, start_after = now()
     where id = (select id from jobs.job where data->'input'->>'versionId' = $1 order by created_on limit 1) returning id`,
    [appended.versionId],
  );
  const stateOfJob = async () =>
    (await owner.query<{ state: string }>('select state from jobs.job where id = $1', [again[0]?.id])).rows[0]?.state;
  await expect.poll(stateOfJob, { interval: 100 }).toBe('completed');
  const open = async () => (await jobs(appended)).filter(({ state }) => state !== 'completed').length;
  await expect.poll(open, { interval: 20 }).toBe(1); // of two chains of jobs there would always be two
  const { load: other } = await load('a\n1\n2\n'); // by the only worker, which has one slot
  expect(other.state).toBe('ready');

  await owner.query(`update jobs.job set start_after = now() where name = 'dataset.copy'`);
  expect((await harness.ended(copy)).state).toBe('ready');
  expect(await harness.ended(appended)).toMatchObject({ state: 'ready', loadedRows: 1 });
  expect(await harness.ended(upserted)).toMatchObject({ state: 'ready', loadedRows: 1 });
  const head = await rowsOf(datasetId);
  expect(head.rows.map((cells) => cells.join(' ')).sort()).toEqual(['1 Anna', '2 Ben']);
  expect((await rowsOf(datasetId, { version: 'kept' })).rows).toEqual([[1, 'Ann']]);
  await expect.poll(async () => (await jobs(appended)).every(({ state }) => state === 'completed')).toBe(true);
});

test('a copy that begins while a delivery is read lets it wait as well, and nothing of it is left meanwhile', {
  timeout: 600_000,
}, async () => {
  const { datasetId } = await load('id,name\n1,Ann\n');
  await harness.act('datasets.setAlias', { datasetId, name: 'kept', version: 1 });
  const copy = { datasetId, versionId: '' };
  worker.child.kill('SIGTERM');
  await once(worker.child, 'exit');
  const asked = await harness.requestLoad('more.csv', 'id,name\n2,Ben\n', datasetId, {}, { mode: 'append' });
  const dependencies = {
    database: createDatabase(database.pool('granary_worker'), { prepared: true }),
    store: createFileObjectStore(harness.dataDirectory),
    workDirectory: harness.workDirectory,
    maxColumns: 100,
    log: () => {},
    onStep: async (step: string) => {
      if (step !== 'publishing') return;
      copy.versionId = (await harness.act<{ versionId: string }>('datasets.copyVersion', { datasetId })).versionId;
    },
  };
  const context = { jobId: asked.versionId, identity: harness.identity, signal: new AbortController().signal };
  await expect(loadDataset(dependencies, asked, context)).rejects.toMatchObject({ name: 'JobPostponed', seconds: 3 });
  expect(await harness.status(asked)).toMatchObject({ state: 'queued', phase: 'waiting' });
  worker = harness.startWorker();
  expect((await harness.ended(copy)).state).toBe('ready');
  expect(await harness.ended(asked)).toMatchObject({ state: 'ready', loadedRows: 1 });
  expect((await rowsOf(datasetId)).rows).toHaveLength(2);
});
