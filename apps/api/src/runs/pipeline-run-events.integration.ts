import { publishVersion } from '@granary/domain/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createDataset } from '../testing/datasets.ts';
import { readEvents } from '../testing/read-events.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const made = z.looseObject({ id: z.string() });

async function post(path: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await api.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  return made.parse(await response.json()).id;
}

let scenes = 0;

/** A run whose one step has begun, and what the worker would write of it. */
async function runningRun() {
  scenes += 1;
  const { datasetId: source } = await createDataset(api, `source ${scenes}`);
  const { datasetId: output } = await createDataset(api, `output ${scenes}`);
  const rows = { columns: [{ name: 'id', type: 'bigint' as const }], rows: [['1']] };
  await publishVersion(api.owner, { ...api.ours.as.editor, datasetId: source }, rows);
  const port = (name: string) => ({ name, columns: [{ name: 'id', type: 'bigint' }] });
  const implementation = { kind: 'sql', sql: 'select id from rows' };
  const edgeId = await post('/v1/edges', {
    name: `e${scenes}`,
    inputs: [port('rows')],
    outputs: [port('out')],
    implementation,
  });
  await api.owner.query(
    `insert into edge_verifications (tenant_id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
     select tenant_id, edge_id, id, created_by, 'passed', created_by, now() from edge_versions where edge_id = $1`,
    [edgeId],
  );
  const steps = [{ name: 'copy', edgeId, inputs: { rows: { datasetId: source } }, output: { datasetId: output } }];
  const pipelineId = await post('/v1/pipelines', { name: `p${scenes}`, steps });
  const runId = await post(`/v1/pipelines/${pipelineId}/runs`, {});
  await api.owner.query(`update run_steps set state = 'running', attempt = 1 where run_id = $1`, [runId]);
  return {
    events: `/v1/runs/${runId}/events`,
    log: (message: string) => api.owner.query(`select app.log_step($1, 'copy', 1, 'info', $2)`, [runId, message]),
    fail: () =>
      api.owner.query(`select app.fail_step($1, 'copy', 1, '{"kind": "invalid", "message": "it broke"}', false)`, [
        runId,
      ]),
  };
}

const shown = (events: ReturnType<ReturnType<typeof readEvents>['events']>) =>
  events.map(({ event, data }) => [event, event === 'log' ? data.message : data.state]);

test('lines and states of a run come as events, and its end ends the stream', async () => {
  const run = await runningRun();
  const stream = readEvents(await api.fetch(run.events));
  await expect.poll(() => shown(stream.events())).toEqual([['run', 'running']]);
  await run.log('one');
  await run.log('two');
  await expect
    .poll(() => shown(stream.events()))
    .toEqual([
      ['run', 'running'],
      ['log', 'one'],
      ['log', 'two'],
    ]);
  await run.fail();
  await expect
    .poll(() => shown(stream.events()).slice(3))
    .toEqual([
      ['log', 'it broke'],
      ['run', 'failed'],
    ]);
  const last = stream.events().at(-1);
  expect(last?.data).toMatchObject({ error: { step: 'copy' }, steps: [{ name: 'copy', state: 'failed' }] });
  const seen = { 'last-event-id': last?.id ?? '' };
  expect((await api.fetch(run.events, { headers: seen })).status).toBe(204);
});

test('whoever comes back after any event is told what came after it, and nothing twice', async () => {
  const run = await runningRun();
  const stream = readEvents(await api.fetch(run.events));
  for (const message of ['one', 'two', 'three']) await run.log(message);
  await run.fail();
  await expect.poll(() => stream.events().at(-1)?.data.state).toBe('failed');
  const all = stream.events();
  for (const [place, { id }] of all.entries()) {
    const resumed = await api.fetch(run.events, { headers: { 'last-event-id': id } });
    const text = await resumed.text(); // it has ended
    const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, each]) => each);
    const lines = all.slice(place + 1).filter(({ event }) => event === 'log').length;
    expect(ids.length, `after ${id}`).toBe(place === all.length - 1 ? 0 : lines + 1);
  }
});

test('a run of another organization, or of a colleague’s datasets, is like one that never was', async () => {
  const run = await runningRun();
  for (const key of [api.keys.stranger, api.keys.colleague])
    expect((await api.fetch(run.events, { key })).status).toBe(404);
  expect((await api.fetch(run.events, { key: null })).status).toBe(401);
  for (const id of ['x', '-1.', '1', `1.${'a'.repeat(50)}`, '1e9.', '99999999999.'])
    expect((await api.fetch(run.events, { headers: { 'last-event-id': id } })).status, id).toBe(400);
});

test('whoever loses access while they listen is told no more', async () => {
  const run = await runningRun();
  const stream = readEvents(await api.fetch(run.events));
  await expect.poll(() => stream.events().length).toBe(1);
  await api.owner.query(`update api_keys set revoked_at = now() where tenant_id = $1 and user_id = $2`, [
    api.ours.tenantId,
    api.ours.as.editor.userId,
  ]);
  await run.log('secret');
  await expect.poll(() => stream.events().at(-1)?.event).toBe('error');
  expect(stream.text()).not.toContain('secret');
});
