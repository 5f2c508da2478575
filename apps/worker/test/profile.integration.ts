import { once } from 'node:events';
import { createTestDatabase } from '@granary/db/testing';
import { publishVersion } from '@granary/domain/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
let harness: LoadHarness;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
});
afterAll(() => harness.close());

interface Found {
  readonly asOf: number | null;
  readonly stale: boolean;
  readonly columns: { name: string; statistics: Record<string, unknown> | null }[];
  readonly nextCursor: number | null;
}
const statistics = (datasetId: string, rest: object = {}) =>
  harness.act<Found>('datasets.statistics', { datasetId, ...rest });

test('a load is followed by its statistics, and a change by new ones', async () => {
  const { child } = harness.startWorker();
  const file = ['id,amount,name', ...Array.from({ length: 1000 }, (_, at) => `${at},${at % 10}.50,n${at % 3}`), ''];
  const { datasetId, versionId } = await harness.requestLoad('rows.csv', file.join('\n'));
  await expect.poll(async () => (await harness.status({ datasetId, versionId })).state).toBe('ready');
  await expect.poll(async () => (await statistics(datasetId)).stale).toBe(false);
  const found = await statistics(datasetId);
  expect(found.columns.map(({ name, statistics: of }) => [name, of?.min, of?.max, of?.rows])).toEqual([
    ['id', 0, 999, 1000],
    ['amount', 0.5, 9.5, 1000],
    ['name', 'n0', 'n2', 1000],
  ]);
  expect(found.columns[2]?.statistics).toMatchObject({ distinct: { count: 3, approximate: false } });

  // as a change set would
  await owner.query(`delete from data."v_${versionId.replaceAll('-', '')}_p1" where id < 500`);
  await owner.query('update dataset_versions set change_count = 1 where id = $1', [versionId]);
  expect(await statistics(datasetId)).toMatchObject({ asOf: 0, stale: true });
  await expect.poll(async () => (await statistics(datasetId)).asOf, { interval: 200 }).toBe(1);
  expect((await statistics(datasetId, { columns: ['id'] })).columns[0]?.statistics).toMatchObject({
    min: 500,
    rows: 500,
  });
  child.kill('SIGTERM');
  await once(child, 'exit');
});

test('those of a wide version come in pages, over all of its chunks', async () => {
  const { child } = harness.startWorker();
  const created = await harness.act<{ dataset: { id: string } }>('datasets.create', { name: 'wide' });
  const datasetId = created.dataset.id;
  const columns = Array.from({ length: 900 }, (_, at) => ({ name: `c${at}`, type: 'bigint' as const }));
  const rows = [columns.map((_, at) => String(at))];
  await publishVersion(owner, { ...harness.identity, datasetId }, { columns, rows, chunkSize: 450 });
  await expect.poll(async () => (await statistics(datasetId)).stale, { interval: 200 }).toBe(false);
  const seen: unknown[] = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const page: Found = await statistics(datasetId, { cursor, limit: 400 });
    seen.push(...page.columns.map(({ statistics: of }) => of?.max));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(columns.map((_, at) => at));
  child.kill('SIGTERM');
  await once(child, 'exit');
});

test('of one version only one profile waits, however often it changes', async () => {
  const created = await harness.act<{ dataset: { id: string } }>('datasets.create', { name: 'busy' });
  const of = { ...harness.identity, datasetId: created.dataset.id };
  const { versionId } = await publishVersion(owner, of, { columns: [{ name: 'x', type: 'text' }], rows: [] });
  for (let change = 1; change <= 3; change += 1)
    await owner.query('update dataset_versions set change_count = $2 where id = $1', [versionId, change]);
  const { rows } = await owner.query(
    `select count(*)::int as n from jobs.job where name = 'dataset.profile' and singleton_key = $1 and state = 'created'`,
    [versionId],
  );
  expect(rows).toEqual([{ n: 1 }]);
});
