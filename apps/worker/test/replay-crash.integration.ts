import { once } from 'node:events';
import { createTestDatabase } from '@granary/db/testing';
import { describe, test } from 'vitest';
import { createLoadHarness } from './load-harness.ts';

const people = 'id,name\n1,Ann\n2,Ben\n3,Cy,x\n4,Di,y\n5\n';

// 'merged' is before the commit; 'replayed' is after it and before the job completes
describe.concurrent('a worker killed by SIGKILL while it replays', () => {
  test.for(['spooled', 'copying', 'merging', 'merged', 'replayed'] as const)(
    'at %s: each row is in the dataset or in quarantine, before and after another worker takes over',
    async (point, { expect }) => {
      const database = await createTestDatabase();
      const owner = database.pool('postgres');
      const harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
      const census = async (datasetId: string) => {
        const { rows } = await harness.act<{ rows: unknown[][] }>('datasets.rows', { datasetId });
        const { items } = await harness.act<{ items: { number: number }[] }>('datasets.quarantine', { datasetId });
        const loads = await owner.query(
          'select input_rows::int as input, loaded_rows::int as loaded, quarantined_rows::int as quarantined from dataset_loads where dataset_id = $1',
          [datasetId],
        );
        const sets = await owner.query('select kind, inserted::int from dataset_change_sets where dataset_id = $1', [
          datasetId,
        ]);
        return {
          ids: rows.map(([id]) => id),
          quarantine: items.map(({ number }) => number),
          accounts: loads.rows,
          changeSets: sets.rows,
        };
      };
      try {
        const first = harness.startWorker();
        const { datasetId, ...load } = await harness.requestLoad('people.csv', people);
        await expect.poll(async () => (await harness.status({ datasetId, ...load })).state).toBe('ready');
        first.child.kill('SIGTERM');
        await once(first.child, 'exit');
        const before = {
          ids: [1, 2],
          quarantine: [1, 2, 3],
          accounts: [{ input: 5, loaded: 2, quarantined: 3 }],
          changeSets: [],
        };
        expect(await census(datasetId)).toEqual(before);
        await harness.act('datasets.correctQuarantine', {
          datasetId,
          version: 1,
          corrections: [
            { number: 1, text: '3,Cy' },
            { number: 2, text: 'x,Di' },
            { number: 3, text: '5,Eve' },
          ],
        });
        const after = {
          ids: [1, 2, 3, 5],
          quarantine: [2],
          accounts: [{ input: 5, loaded: 4, quarantined: 1 }],
          changeSets: [{ kind: 'replay', inserted: 2 }],
        };

        const killed = harness.startWorker(point);
        const { id: replayId } = await harness.act<{ id: string }>('datasets.replayQuarantine', {
          datasetId,
          version: 1,
        });
        await once(killed.child, 'exit');
        expect(killed.child.signalCode).toBe('SIGKILL');
        await expect.poll(() => census(datasetId)).toEqual(point === 'replayed' ? after : before);

        harness.startWorker();
        await expect
          .poll(
            async () =>
              (
                await owner.query(
                  `select state from jobs.job where name = 'dataset.replay' and data->'input'->>'replayId' = $1`,
                  [replayId],
                )
              ).rows,
          )
          .toEqual([{ state: 'completed' }]);
        expect(await harness.act('datasets.replayStatus', { datasetId, replayId })).toMatchObject({
          state: 'ready',
          replayed: 2,
          refused: 1,
        });
        expect(await census(datasetId)).toEqual(after);
        const { rows } = await owner.query(
          `select count(*)::int as n from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'`,
        );
        expect(rows).toEqual([{ n: 1 }]); // the scratch tables are gone
        expect((await owner.query('select number from dataset_versions')).rows).toEqual([{ number: 1 }]);
      } finally {
        await harness.close();
      }
    },
  );
});
