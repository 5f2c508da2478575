import { createDatabase } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import { CatalogueMemory } from '@granary/domain';
import { afterAll, expect, test } from 'vitest';
import { tendRuns } from '../src/runs/tend-runs.ts';
import { createCatalogue } from './pipeline-harness.ts';

const testDatabase = await createTestDatabase();
const part = await createCatalogue(testDatabase);
afterAll(() => part.close());
const database = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });
const options = { database, dependencies: { database, catalogue: new CatalogueMemory() }, log: () => {} };

async function scheduled(name: string, verified: boolean) {
  const port = { name: 'orders', columns: [{ name: 'id', type: 'bigint', nullable: true }] };
  const { id: edgeId } = await part.act<{ id: string }>('edges.create', {
    name,
    inputs: [port],
    outputs: [{ ...port, name: 'out' }],
    implementation: { kind: 'sql', sql: 'select id from orders' },
  });
  if (verified)
    await part.owner.query(
      `insert into edge_verifications (tenant_id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
       select tenant_id, edge_id, id, created_by, 'passed', created_by, now() from edge_versions where edge_id = $1`,
      [edgeId],
    );
  const output = { datasetId: await part.target(name) };
  const steps = [{ name: 'copy', edgeId, inputs: { orders: { datasetId: part.orders } }, output }];
  const { id: pipelineId } = await part.act<{ id: string }>('pipelines.create', { name, steps });
  await part.act('pipelines.schedule', { pipelineId, revision: 1, schedule: { cron: '0 6 * * *' } });
  await part.owner.query(`update pipelines set next_run_at = now() - interval '2 days' where id = $1`, [pipelineId]);
  return pipelineId;
}

test('what is due is launched once, by however many workers, and its event is in the trail', async () => {
  const pipelineId = await scheduled('nightly', true);
  await Promise.all([tendRuns(options), tendRuns(options), tendRuns(options)]);
  await tendRuns(options);
  const { items } = await part.act<{ items: { id: string; trigger: string; state: string }[] }>('runs.list', {
    pipelineId,
  });
  expect(items).toMatchObject([{ trigger: 'schedule', state: 'running' }]);
  const { schedule } = await part.act<{ schedule: { nextRunAt: string; error: unknown } }>('pipelines.get', {
    pipelineId,
  });
  expect(new Date(schedule.nextRunAt).getTime()).toBeGreaterThan(Date.now());
  expect(schedule.error).toBeNull();
  const events = await part.owner.query(
    `select from audit_events where action = 'runs.launch' and entity_id = $1 and details ->> 'runId' = $2`,
    [pipelineId, items[0]?.id],
  );
  expect(events.rows).toHaveLength(1);

  await part.owner.query(`update pipeline_runs set started_at = now() - interval '1 day' where pipeline_id = $1`, [
    pipelineId,
  ]);
  await tendRuns(options);
  expect(await part.run(items[0]?.id ?? '')).toMatchObject({
    state: 'failed',
    error: { kind: 'limit_reached' },
    steps: [{ state: 'cancelled' }],
  });
});

test('a time that the clock leaps over is that much later, and one of the next day as ever', async () => {
  const pipelineId = await scheduled('spring', true);
  const schedule = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
  await part.act('pipelines.schedule', { pipelineId, revision: null, schedule });
  await part.owner.query(`update pipelines set next_run_at = '2026-03-28T01:30Z' where id = $1`, [pipelineId]);
  const next = async (now: string) => {
    await tendRuns({ ...options, now: () => new Date(now) });
    const found = await part.act<{ schedule: { nextRunAt: string } }>('pipelines.get', { pipelineId });
    return new Date(found.schedule.nextRunAt).toISOString();
  };
  expect(await next('2026-03-28T01:30:01Z')).toBe('2026-03-29T01:30:00.000Z');
  expect(await next('2026-03-29T01:30:01Z')).toBe('2026-03-30T00:30:00.000Z');
  const { items } = await part.act<{ items: object[] }>('runs.list', { pipelineId });
  expect(items, 'the second found the first one still going on').toHaveLength(1);
});

test('a launch that is refused says why, and the schedule goes on', async () => {
  const pipelineId = await scheduled('unverified', false);
  await tendRuns(options);
  const { schedule } = await part.act<{ schedule: { nextRunAt: string; error: unknown } }>('pipelines.get', {
    pipelineId,
  });
  expect(schedule.error).toMatchObject({ kind: 'precondition', message: expect.stringContaining('not verified') });
  expect(new Date(schedule.nextRunAt).getTime()).toBeGreaterThan(Date.now());
});
