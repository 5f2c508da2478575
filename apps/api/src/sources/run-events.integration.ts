import { expect, test } from 'vitest';
import { readEvents } from '../testing/read-events.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();

/** A run of a source of ours, and what the worker would write of it. */
async function runningRun() {
  const { rows: sources } = await api.owner.query(
    `insert into sources (tenant_id, connector, name) values ($1, 'firefox-addons', gen_random_uuid()::text) returning id`,
    [api.ours.tenantId],
  );
  const sourceId: string = sources[0].id;
  const { rows } = await api.owner.query(
    `insert into source_runs (tenant_id, source_id, trigger, state) values ($1, $2, 'manual', 'running') returning id`,
    [api.ours.tenantId, sourceId],
  );
  const runId: string = rows[0].id;
  const write = (set: string) => api.owner.query(`update source_runs set ${set} where id = $1`, [runId]);
  return { write, events: `/v1/sources/${sourceId}/runs/${runId}/events` };
}

test('how far a run is comes as events, and its end ends the stream', async () => {
  const run = await runningRun();
  const events = readEvents(await api.fetch(run.events));
  await expect.poll(() => events.events().length).toBe(1);
  await run.write('fetched = 20, plugins = 3');
  await expect.poll(() => events.events().length).toBe(2);
  await run.write(`state = 'succeeded', ended_at = now(), fetched = 30`);
  await expect.poll(() => events.events().length).toBe(3);
  expect(events.events().map(({ event, data }) => [event, data.state, data.fetched])).toEqual([
    ['run', 'running', 0],
    ['run', 'running', 20],
    ['run', 'succeeded', 30],
  ]);
  const seen = { 'last-event-id': events.events().at(-1)?.id ?? '' };
  expect((await api.fetch(run.events, { headers: seen })).status).toBe(204);
});

test('a run of another organization is like one that never was', async () => {
  const run = await runningRun();
  expect((await api.fetch(run.events, { key: api.keys.stranger })).status).toBe(404);
});
