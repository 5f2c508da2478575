import { once } from 'node:events';
import { createTestDatabase } from '@granary/db/testing';
import { describe, type ExpectStatic, test } from 'vitest';
import { contentOf, createLoadHarness, type LoadHarness } from './load-harness.ts';

/** Clean rows with all kinds of quoting, and some that do not fit. */
const file = [
  'id,name,amount',
  ...Array.from({ length: 40_000 }, (_, i) => {
    if (i % 997 === 0) return `${i},"too, many",1.5,fields`;
    return i % 5 === 0 ? `${i},"quoted ""${i}""\nover two lines",${i / 4}` : `${i},plain ${i},`;
  }),
  '',
].join('\n');
const quarantined = Math.ceil(40_000 / 997);

const untilReady = async (
  expect: ExpectStatic,
  harness: LoadHarness,
  ids: { datasetId: string; versionId: string },
) => {
  await expect.poll(async () => (await harness.status(ids)).state, { interval: 200 }).toBe('ready');
  return harness.status(ids);
};

// 'accepted' is after the upload's commit and before detection; 'indexing' is before the key; 'published' is after the
// commit and before the job completes
const points = ['accepted', 'detecting', 'mid-copy', 'indexing', 'quarantine', 'publishing', 'published'] as const;

describe.concurrent('a worker killed by SIGKILL', () => {
  test.for(points)(
    'at %s: the former version stays readable, and another worker loads all rows once',
    async (point, { expect }) => {
      const database = await createTestDatabase();
      const owner = database.pool('postgres');
      const harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
      try {
        const first = harness.startWorker();
        const undisturbed = await harness.requestLoad('rows.csv', file);
        await untilReady(expect, harness, undisturbed);
        const expected = await contentOf(owner, undisturbed.versionId);
        expect(expected.rows).toBe(40_000 - quarantined);
        first.child.kill('SIGTERM'); // idle: nothing to take over
        await once(first.child, 'exit');

        const killed = harness.startWorker(point);
        const ids = await harness.requestLoad('rows.csv', file, undisturbed.datasetId);
        await once(killed.child, 'exit');
        expect(killed.child.signalCode).toBe('SIGKILL');
        const page = await harness.act<{ version: number; rows: unknown[] }>('datasets.rows', {
          datasetId: ids.datasetId,
          limit: 1,
        });
        expect(page).toMatchObject({ version: point === 'published' ? 2 : 1, rows: [expect.anything()] });

        harness.startWorker();
        const load = await untilReady(expect, harness, ids);
        await expect
          .poll(
            async () =>
              (
                await owner.query(
                  `select state from jobs.job where name = 'dataset.load' and data->'input'->>'versionId' = $1`,
                  [ids.versionId],
                )
              ).rows,
          )
          .toEqual([{ state: 'completed' }]);
        const { rows: queue } = await owner.query(
          `select heartbeat_seconds from jobs.queue where name = 'dataset.load'`,
        );
        expect(queue[0].heartbeat_seconds, 'after so many seconds it is taken over').toBeLessThanOrEqual(15);
        expect(load).toMatchObject({
          inputRows: 40_000,
          loadedRows: 40_000 - quarantined,
          quarantinedRows: quarantined,
        });
        expect(await contentOf(owner, ids.versionId)).toEqual(expected);
        const { rows } = await owner.query(
          `select count(*)::int as n from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'`,
        );
        expect(rows).toEqual([{ n: 2 }]); // one table a version, none left over
      } finally {
        await harness.close();
      }
    },
  );
});

const deliveries = {
  append: {
    added: 'id,name\n3,Cy\n4,Di\n5\n',
    delivery: { mode: 'append' },
    rows: ['1 Ann', '2 Ben', '3 Cy', '4 Di'],
    changes: { kind: 'append', inserted: 2, updated: 0 },
    history: 0,
  },
  upsert: {
    added: 'id,name\n2,Bea\n4,Di\n5\n',
    delivery: { mode: 'upsert', keyColumns: ['id'] },
    rows: ['1 Ann', '2 Bea', '4 Di'],
    changes: { kind: 'upsert', inserted: 1, updated: 1 },
    history: 1,
  },
} as const;
const deliveryPoints = (['copying', 'merging', 'merged', 'published'] as const).flatMap((point) =>
  (['append', 'upsert'] as const).map((mode) => [mode, point] as const),
);

describe.concurrent('a worker killed by SIGKILL while it merges', () => {
  test.for(deliveryPoints)(
    'an %s at %s: the rows are there once, in one change set, and their own tables are gone',
    async ([mode, point], { expect }) => {
      const { added, delivery, rows, changes, history } = deliveries[mode];
      const database = await createTestDatabase();
      const owner = database.pool('postgres');
      const harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
      try {
        const first = harness.startWorker();
        const { datasetId, ...head } = await harness.requestLoad('rows.csv', 'id,name\n1,Ann\n2,Ben\n');
        await untilReady(expect, harness, { datasetId, ...head });
        first.child.kill('SIGTERM');
        await once(first.child, 'exit');

        const killed = harness.startWorker(point);
        const ids = await harness.requestLoad(
          'more.csv',
          added,
          datasetId,
          {},
          {
            mode: delivery.mode,
            ...('keyColumns' in delivery && { keyColumns: [...delivery.keyColumns] }),
          },
        );
        await once(killed.child, 'exit');
        expect(killed.child.signalCode).toBe('SIGKILL');

        harness.startWorker();
        expect(await untilReady(expect, harness, ids)).toMatchObject({
          inputRows: 3,
          loadedRows: 2,
          quarantinedRows: 1,
        });
        const page = await harness.act<{ version: number; rows: unknown[][] }>('datasets.rows', { datasetId });
        expect(page.version).toBe(1);
        expect(page.rows.map(([id, name]) => `${id} ${name}`)).toEqual(rows);
        const sets = await owner.query(
          `select kind, inserted::int, updated::int,
             (select count(*)::int from dataset_row_changes r where r.dataset_id = s.dataset_id) as history
           from dataset_change_sets s where dataset_id = $1`,
          [datasetId],
        );
        expect(sets.rows).toEqual([{ ...changes, history }]);
        const tables = await owner.query(
          `select count(*)::int as n from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'`,
        );
        expect(tables.rows).toEqual([{ n: 1 }]);
      } finally {
        await harness.close();
      }
    },
  );
});
