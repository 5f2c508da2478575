import { once } from 'node:events';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentOf, createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
let harness: LoadHarness;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
});
afterAll(() => harness.close());

const cells = 300_000;
const large = ['a,b,c,d,e,f,g', ...Array.from({ length: cells }, (_, i) => `${i},2,3,4,5,6,7`), ''].join('\n');
const updateFirst = (datasetId: string, version: number) =>
  harness.act<{ version: number }>('datasets.updateRow', { datasetId, rowId: 1, version, revision: 0, set: { b: 0 } });

test('a large frozen version is copied by a worker, also when another was killed while it did; then it can be changed', {
  timeout: 600_000,
}, async () => {
  const first = harness.startWorker();
  const original = await harness.requestLoad('large.csv', large);
  expect((await harness.ended(original)).state).toBe('ready');
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');
  const { datasetId } = original;
  await harness.act('datasets.setAlias', { datasetId, name: 'kept', version: 1 });
  await expect(updateFirst(datasetId, 1)).rejects.toMatchObject({
    message: expect.stringContaining('datasets.copyVersion'),
  });

  const copy = { datasetId, ...(await harness.act<{ versionId: string }>('datasets.copyVersion', { datasetId })) };
  const killed = harness.startWorker('publishing'); // the copy is made, and not committed
  await once(killed.child, 'exit');
  expect(killed.child.signalCode).toBe('SIGKILL');
  expect(await harness.act('datasets.get', { datasetId })).toMatchObject({ version: 1 });
  await expect(updateFirst(datasetId, 1)).rejects.toMatchObject({ details: { reason: 'copying' } });

  harness.startWorker();
  expect(await harness.ended(copy)).toMatchObject({ state: 'ready', loadedRows: cells, version: 2 });
  const kept = await contentOf(owner, original.versionId);
  expect(await contentOf(owner, copy.versionId)).toEqual(kept);
  expect(await harness.act('datasets.get', { datasetId })).toMatchObject({ version: 2 });
  expect(await updateFirst(datasetId, 2)).toMatchObject({ version: 2, updated: 1 });
  expect(await contentOf(owner, original.versionId)).toEqual(kept);
});

test('a copy that is of no use any more ends, and its dataset can be written to', async () => {
  const worker = harness.startWorker();
  const original = await harness.requestLoad('small.csv', 'a\n1\n');
  await harness.ended(original);
  worker.child.kill('SIGTERM');
  await once(worker.child, 'exit');
  const { datasetId } = original;
  await harness.act('datasets.setAlias', { datasetId, name: 'kept', version: 1 });
  const copy = { datasetId, ...(await harness.act<{ versionId: string }>('datasets.copyVersion', { datasetId })) };
  // as if a load had been published meanwhile
  await owner.query('update datasets set current_version_id = null where id = $1', [datasetId]);
  harness.startWorker();
  expect(await harness.ended(copy)).toMatchObject({ state: 'failed', error: { kind: 'conflict' } });
  await harness.act('datasets.restore', { datasetId, version: 1 });
  const set = { a: 5 };
  expect(await harness.act('datasets.updateRow', { datasetId, rowId: 1, version: 1, revision: 0, set })).toMatchObject({
    version: 3,
  });
});
