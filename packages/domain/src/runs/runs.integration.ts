import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { getPipeline } from '../pipelines/get-pipeline.ts';
import { createPipelineScene } from '../testing/pipeline-scene.ts';
import { getRun } from './get-run.ts';
import { launchRun } from './launch-run.ts';
import { listRuns } from './list-runs.ts';
import { resumeRun } from './resume-run.ts';
import { runLogs } from './run-logs.ts';

const database = await createTestDatabase();

const launches = (owner: ReturnType<typeof database.pool>, pipelineId: string) =>
  owner
    .query(`select count(*)::int as n from audit_events where entity_id = $1 and action = 'runs.launch'`, [pipelineId])
    .then(({ rows }) => rows[0].n);

test('however many callers use a launch key at once, there is one run, one of them is told so, and one event', async () => {
  const { owner, call, edge, verified, pipeline } = await createPipelineScene(database, 'once');
  const { id: pipelineId } = await pipeline('once', await verified(await edge('copy')));
  const input = { pipelineId, launchKey: 'the key' };
  const all = await Promise.all(Array.from({ length: 6 }, () => call(launchRun, input)));
  expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect((await call(launchRun, input)).isNew).toBe(false);
  expect(await launches(owner, pipelineId)).toBe(1);
  await call(launchRun, { pipelineId, launchKey: 'another key' });
  expect(await launches(owner, pipelineId)).toBe(2);
  const { items } = await call(listRuns, { pipelineId });
  expect(items).toHaveLength(2);
});

test('a key that was used with other parameters, or by somebody else, is a conflict', async () => {
  const { call, edge, verified, pipeline, as } = await createPipelineScene(database, 'key');
  const parameters = [{ name: 'since', type: 'date' as const, default: '2026-01-01' }];
  const { id: pipelineId } = await pipeline('key', await verified(await edge('copy')), { parameters });
  await call(launchRun, { pipelineId, launchKey: 'k', parameters: { since: '2026-02-01' } });
  const other = call(launchRun, { pipelineId, launchKey: 'k', parameters: { since: '2026-03-01' } });
  await expect(other).rejects.toMatchObject({ kind: 'conflict' });
  await expect(call(launchRun, { pipelineId, launchKey: 'k' }, as.colleague)).rejects.toMatchObject({
    kind: 'not_found',
  });
});

test('a parameter is a value of its type; what looks like SQL stays a text', async () => {
  const { call, edge, verified, pipeline } = await createPipelineScene(database, 'parameters');
  const parameters = [
    { name: 'word', type: 'text' as const, default: '' },
    { name: 'many', type: 'number' as const, default: 1 },
    { name: 'since', type: 'date' as const, default: '2026-01-01' },
  ];
  const { id: pipelineId } = await pipeline('parameters', await verified(await edge('copy')), { parameters });
  const word = `x'); drop table run_steps; --`;
  const run = await call(launchRun, { pipelineId, parameters: { word, many: -1.5 } });
  expect(run.parameters).toEqual({ word, many: -1.5, since: '2026-01-01' });
  const wrongs: Record<string, string | number | boolean>[] = [
    { many: '1' },
    { word: 1 },
    { since: `2026-01-01'; select 1` },
    { since: true },
    { __proto: 'x' },
  ];
  for (const wrong of wrongs)
    await expect(call(launchRun, { pipelineId, parameters: wrong })).rejects.toMatchObject({ kind: 'invalid' });
});

test('a step that nothing here carries out is refused before anything runs, by what is missing', async () => {
  const { call, edge, pipeline } = await createPipelineScene(database, 'engines');
  const container = await pipeline('container', await edge('boxed', { kind: 'container' }));
  await expect(call(launchRun, { pipelineId: container.id })).rejects.toMatchObject({
    kind: 'precondition',
    message:
      'step copy: its edge is the image ghcr.io/example/clean:1, and no worker runs containers (GRANARY_CONTAINERS)',
    details: { reason: 'no engine', step: 'copy', kind: 'container', missing: ['engine'] },
  });
  const op = await edge('op', { kind: 'dagster' });
  const bare = await pipeline('bare', op);
  await expect(call(launchRun, { pipelineId: bare.id })).rejects.toMatchObject({
    kind: 'precondition',
    message: expect.stringContaining('local:repository:clean of Dagster, and no engine of Dagster is connected, nor'),
    details: { reason: 'no engine', kind: 'dagster', missing: ['engine', 'dagsterPipelineConfig'] },
  });
  const dagsterPipelineConfig = { ops: { clean: { config: { rows: 10 } } } };
  const configured = await pipeline('configured', op, { dagsterPipelineConfig });
  await expect(call(launchRun, { pipelineId: configured.id })).rejects.toMatchObject({
    details: { missing: ['engine'] },
  });
  expect(await call(getPipeline, { pipelineId: configured.id })).toMatchObject({ dagsterPipelineConfig });
  expect((await call(listRuns, { pipelineId: configured.id })).items).toEqual([]);
});

test.each([{ ops: [] }, { resources: 'x' }, { execution: 1 }, { loggers: null }])(
  '%j is no configuration of Dagster',
  async (dagsterPipelineConfig) => {
    const { edge, pipeline } = await createPipelineScene(database, 'config');
    await expect(
      pipeline('config', await edge('op', { kind: 'dagster' }), { dagsterPipelineConfig }),
    ).rejects.toMatchObject({
      kind: 'invalid',
    });
  },
);

test('times run, average and percentiles are those of the runs that there are', async () => {
  const { owner, call, edge, verified, pipeline } = await createPipelineScene(database, 'statistics');
  const { id: pipelineId } = await pipeline('statistics', await verified(await edge('copy')), { mostRunsAtOnce: 100 });
  const statistics = async () => (await call(getPipeline, { pipelineId })).statistics;
  expect(await statistics()).toMatchObject({ timesRun: 0, averageRuntime: null, medianRuntime: null, lastRunAt: null });
  // 1 to 20 seconds, one that failed after an hour, and one that waits
  for (const [index, seconds] of [...Array.from({ length: 20 }, (_, n) => n + 1), 3600].entries()) {
    const { id } = await call(launchRun, { pipelineId });
    await owner.query(
      `update pipeline_runs set state = $2, started_at = now(), finished_at = now() + $3 * interval '1s' where id = $1`,
      [id, index === 20 ? 'failed' : 'succeeded', seconds],
    );
  }
  const waiting = await call(launchRun, { pipelineId });
  await owner.query(`update pipeline_runs set state = 'queued', started_at = null where id = $1`, [waiting.id]);
  const found = await statistics();
  expect(found).toMatchObject({ timesRun: 21, succeeded: 20, failed: 1, averageRuntime: 10.5, medianRuntime: 10.5 });
  expect(found.runtime95).toBeCloseTo(19.05, 9);
});

test('so many runs go on at once and no more; each that ends lets the oldest of those that wait begin', async () => {
  const { owner, call, edge, verified, pipeline } = await createPipelineScene(database, 'concurrency');
  const { id: pipelineId } = await pipeline('concurrency', await verified(await edge('copy')), { mostRunsAtOnce: 2 });
  const runs = [];
  for (let n = 0; n < 5; n += 1) runs.push(await call(launchRun, { pipelineId }));
  const states = async () => {
    const { items } = await call(listRuns, { pipelineId });
    return items.toReversed().map(({ state }) => state);
  };
  expect(await states()).toEqual(['running', 'running', 'queued', 'queued', 'queued']);
  await Promise.all([1, 2, 3].map(() => owner.query('select app.start_queued_runs()')));
  expect(await states()).toEqual(['running', 'running', 'queued', 'queued', 'queued']);
  await owner.query(`select app.fail_step($1, 'copy', null, '{"kind": "invalid", "message": "x"}', false)`, [
    runs[0]?.id,
  ]);
  await Promise.all([1, 2, 3].map(() => owner.query('select app.start_queued_runs()')));
  expect(await states()).toEqual(['failed', 'running', 'running', 'queued', 'queued']);
});

test('a run past its time is ended, one within it is not, and nothing of it may be logged or settled afterwards', async () => {
  const { owner, call, edge, verified, pipeline } = await createPipelineScene(database, 'timeouts');
  const { id: pipelineId } = await pipeline('timeouts', await verified(await edge('copy')), { timeoutSeconds: 60 });
  const { id: runId } = await call(launchRun, { pipelineId });
  const endOverdue = async () => (await owner.query('select app.end_overdue_run() as id')).rows[0].id;
  await owner.query(`update pipeline_runs set started_at = now() - interval '50s' where id = $1`, [runId]);
  expect(await endOverdue()).toBeNull();
  await owner.query(`update run_steps set state = 'running', attempt = 1 where run_id = $1`, [runId]);
  const log = (message: string) => owner.query(`select app.log_step($1, 'copy', 1, 'info', $2)`, [runId, message]);
  await log('in time');
  await owner.query(`update pipeline_runs set started_at = now() - interval '61s' where id = $1`, [runId]);
  expect(await endOverdue()).toBe(runId);
  await log('too late');
  const settle = owner.query(`select app.settle_step($1, 'copy', 1, 0, '[]')`, [runId]);
  await expect(settle).rejects.toMatchObject({ code: 'GR412' });
  expect(await call(getRun, { runId })).toMatchObject({
    state: 'failed',
    error: { kind: 'limit_reached', message: 'the run took longer than 60 seconds' },
    steps: [{ state: 'cancelled' }],
  });
  expect((await call(runLogs, { runId })).items.map(({ message }) => message)).toEqual(['in time']);
  expect((await call(resumeRun, { runId })).state).toBe('running');
});

test('a log without end is cut off, and says so; a line is no longer than it may be', async () => {
  const { owner, call, edge, verified, pipeline } = await createPipelineScene(database, 'logs');
  const { id: pipelineId } = await pipeline('logs', await verified(await edge('copy')));
  const { id: runId } = await call(launchRun, { pipelineId });
  await owner.query(`update run_steps set state = 'running', attempt = 1 where run_id = $1`, [runId]);
  await owner.query(
    `insert into run_logs (tenant_id, pipeline_id, run_id, step, number, level, message)
     select tenant_id, pipeline_id, run_id, name, n, 'info', 'x' from run_steps, generate_series(1, 9999) n where run_id = $1`,
    [runId],
  );
  const log = (message: string) => owner.query(`select app.log_step($1, 'copy', 1, 'info', $2)`, [runId, message]);
  await log('y'.repeat(5_000_000));
  for (let n = 0; n < 5; n += 1) await log('more');
  const { items, after } = await call(runLogs, { runId, after: 9_999, limit: 100 });
  expect(items.map(({ number, message }) => [number, message.length > 100 ? message.length : message])).toEqual([
    [10_000, 2000],
    [10_001, 'more than 10000 lines: what is logged from here on is left out'],
  ]);
  expect(after).toBe(10_001);
});

test('a stranger learns nothing of a run, and a colleague who may not write what it writes does not go on with it', async () => {
  const { call, edge, verified, pipeline, as } = await createPipelineScene(database, 'ours');
  const theirs = await createPipelineScene(database, 'theirs');
  const { id: pipelineId } = await pipeline('ours', await verified(await edge('copy')));
  const { id: runId } = await call(launchRun, { pipelineId });
  for (const intruder of [theirs.as.owner, as.colleague]) {
    for (const action of [getRun, runLogs, resumeRun] as const)
      await expect(call(action, { runId }, intruder)).rejects.toMatchObject({ kind: 'not_found' });
    await expect(call(launchRun, { pipelineId }, intruder)).rejects.toMatchObject({ kind: 'not_found' });
  }
});
