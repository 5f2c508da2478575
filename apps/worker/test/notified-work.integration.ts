import { once } from 'node:events';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
let harness: LoadHarness;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
});
afterAll(() => harness.close());

interface Told {
  readonly type: string;
  readonly title: string;
}
const inbox = async (who = harness.identity) => {
  const { items } = await harness.actAs<{ items: Told[] }>(who, 'notifications.list', { limit: 1000 });
  return items.filter(({ type }) => /^(dataset|export)\./.test(type)).map(({ title }) => title);
};

test('a worker that is killed when it has published, before anybody was told: they are told later, once', async () => {
  const killed = harness.startWorker('published');
  const ids = await harness.requestLoad('people.csv', 'id,name\n1,Ada\n2,Grace\n3,Bar,ba,ra\n');
  await once(killed.child, 'exit');
  expect(killed.child.signalCode).toBe('SIGKILL');
  const { rows } = await owner.query(
    'select type, dispatched_at from outbox_events where subject_id = $1 order by type',
    [ids.datasetId],
  );
  expect(rows).toEqual([
    { type: 'dataset.loaded', dispatched_at: null },
    { type: 'dataset.rows_quarantined', dispatched_at: null },
  ]);
  expect(await inbox()).toEqual([]);

  const deployable = harness.startDeployable();
  await expect.poll(inbox).toHaveLength(2);
  expect(new Set(await inbox())).toEqual(
    new Set([
      expect.stringMatching(/^The load of “people\.csv .+” is done: 2 rows$/),
      expect.stringMatching(/^1 rows of “people\.csv .+” are in quarantine$/),
    ]),
  );

  const broken = await harness.requestLoad('broken.json', '{', undefined, {});
  const { id: exportId } = await harness.act<{ id: string }>('datasets.startExport', {
    datasetId: ids.datasetId,
    format: 'csv',
  });
  expect(exportId).toBeDefined();
  expect(await harness.ended(broken)).toMatchObject({ state: 'failed' });
  await expect.poll(inbox).toHaveLength(4);
  expect(await inbox()).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^A load of “broken\.json .+” failed \(.+\)$/),
      expect.stringMatching(/^The export of “people\.csv .+” as csv is ready$/),
    ]),
  );
  // what had to be loaded again was loaded already: nobody is told twice
  const { rows: jobs } = await owner.query(
    `select state from jobs.job where name = 'dataset.load' and state in ('created', 'retry', 'active')`,
  );
  expect(jobs.length).toBeLessThanOrEqual(1);
  expect(await inbox(harness.colleague)).toEqual([]);
  deployable.kill('SIGTERM');
  await once(deployable, 'exit');
});
