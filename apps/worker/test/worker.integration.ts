import { once } from 'node:events';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { createFileObjectStore } from '@granary/object-store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDataset } from '../src/load/load-dataset.ts';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const newHarness = () => createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
const rows = (count: number) =>
  ['id,name', ...Array.from({ length: count }, (_, i) => `${i},"name ${i}"`), ''].join('\n');
const dataTables = async () =>
  (
    await owner.query<{ n: number }>(
      `select count(*)::int as n from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'`,
    )
  ).rows[0]?.n;

let harness: LoadHarness;
beforeAll(async () => {
  harness = await newHarness();
});
afterAll(() => harness.close());

const ended = async (ids: { datasetId: string; versionId: string }) => {
  await expect.poll(async () => (await harness.status(ids)).state, { interval: 100 }).toBeOneOf(['ready', 'failed']);
  return harness.status(ids);
};

describe('a worker', () => {
  test('finishes what it is doing when it is asked to stop, and takes nothing more', async () => {
    const worker = harness.startDeployable();
    const first = await harness.requestLoad('first.csv', rows(300_000));
    await expect.poll(async () => (await harness.status(first)).state, { interval: 20 }).toBe('running');
    worker.kill('SIGTERM');
    const second = await harness.requestLoad('second.csv', rows(10));
    await once(worker, 'exit');
    expect(worker.exitCode).toBe(0);
    expect(await harness.status(first)).toMatchObject({ state: 'ready', loadedRows: 300_000 });
    expect((await harness.status(second)).state).toBe('queued');
  });

  test('shares the queue with others: every load is done once', async () => {
    const workers = [harness.startWorker(), harness.startWorker(), harness.startWorker()];
    const loads = await Promise.all(
      Array.from({ length: 9 }, (_, i) => harness.requestLoad(`${i}.csv`, rows(1000 + i))),
    );
    for (const [i, ids] of loads.entries())
      expect(await ended(ids)).toMatchObject({ state: 'ready', loadedRows: 1000 + i });
    const { rows: attempts } = await owner.query(
      `select attempt, count(*)::int as n from dataset_loads where state = 'ready' group by 1`,
    );
    expect(attempts).toEqual([{ attempt: 1, n: 11 }]); // these nine, and the two of the test before
    for (const { child } of workers) child.kill('SIGTERM');
    await Promise.all(workers.map(({ child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
  });

  test('ends the load of a file that is no table with an error for its user, and leaves the former version', {
    timeout: 600_000,
  }, async () => {
    const { child } = harness.startWorker();
    const good = await harness.requestLoad('good.csv', rows(5));
    await ended(good);
    const before = await dataTables();
    const picture = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(2000, 7)]);
    const load = await ended(await harness.requestLoad('picture.csv', picture, good.datasetId));
    expect(load).toMatchObject({
      state: 'failed',
      error: { kind: 'not_a_table', message: expect.stringMatching(/PNG|picture|image/i) },
    });
    expect(await dataTables()).toBe(before);
    expect(await harness.act('datasets.rows', { datasetId: good.datasetId, limit: 1 })).toMatchObject({
      version: 1,
      rows: [[0, 'name 0']],
    });
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  test('gets nothing for a forged job: what its user may not write is not loaded', async () => {
    const ids = await harness.requestLoad('mine.csv', rows(5));
    const stranger = await createTestOrganization(owner, 'stranger');
    const log: string[] = [];
    const dependencies = {
      database: createDatabase(database.pool('granary_worker'), { prepared: true }),
      store: createFileObjectStore('/nonexistent'),
      workDirectory: '/nonexistent',
      maxColumns: 10,
      log: (message: string) => log.push(message),
    };
    const { signal } = new AbortController();
    for (const identity of [stranger.as.owner, { ...stranger.as.owner, tenantId: harness.identity.tenantId }]) {
      await loadDataset(dependencies, ids, { jobId: 'forged', identity, signal }).catch((error: Error) =>
        log.push(error.message),
      );
    }
    expect(log).toEqual(['nothing to load', 'no such organization']);
    expect((await harness.status(ids)).state).toBe('queued');
  });
});

test('who may no longer write when the load begins is told, instead of waiting for ever', async () => {
  const ids = await harness.requestLoad('late.csv', rows(5));
  // the editor's datasets go to a colleague, who shares nothing: the same as a share that was taken back
  const { rows: others } = await owner.query<{ id: string }>(
    `select user_id as id from memberships where tenant_id = $1 and user_id <> $2 limit 1`,
    [harness.identity.tenantId, harness.identity.userId],
  );
  await owner.query('update datasets set owner_id = $2 where id = $1', [ids.datasetId, others[0]?.id]);
  const dependencies = {
    database: createDatabase(database.pool('granary_worker'), { prepared: true }),
    store: createFileObjectStore('/nonexistent'),
    workDirectory: '/nonexistent',
    maxColumns: 10,
    log: () => {},
  };
  await loadDataset(dependencies, ids, {
    jobId: 'late',
    identity: harness.identity,
    signal: new AbortController().signal,
  });
  const { rows: loads } = await owner.query(
    `select state, error->>'kind' as kind from dataset_loads where version_id = $1`,
    [ids.versionId],
  );
  expect(loads).toEqual([{ state: 'failed', kind: 'forbidden' }]);
});

test('a file that kills its worker three times is given up, with an error for its user', {
  timeout: 600_000,
}, async () => {
  const own = await createTestDatabase();
  const killing = await createLoadHarness(own.pool('postgres'), own.pool('granary_api'), own.url('granary_worker'));
  try {
    const ids = await killing.requestLoad('killer.csv', rows(5));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const { child } = killing.startWorker('detecting');
      await once(child, 'exit');
      expect((await killing.status(ids)).state).toBe('running');
    }
    killing.startWorker();
    await expect.poll(async () => (await killing.status(ids)).state, { interval: 250 }).toBe('failed');
    expect((await killing.status(ids)).error?.message).toContain('failed repeatedly');
  } finally {
    await killing.close();
  }
});
