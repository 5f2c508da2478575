import { once } from 'node:events';
import { expect, test } from 'vitest';
import { makeZip } from '../../src/reading/testing/make-zip.ts';
import { ask, quietSource } from './asked-runs.ts';
import { createCrawlHarness } from './crawl-harness.ts';
import type { MarketplaceServer } from './marketplace-server.ts';
import { startCrawlingWorker } from './start-crawling-worker.ts';

const harness = await createCrawlHarness();
const { owner } = harness;
const ids = ['a', 'b', 'c', 'd', 'e', 'f'];

const archive = (prefix: string) =>
  makeZip(
    ids.map((id) => ({
      name: `2024-03-01-${id}.json`,
      content: JSON.stringify({ plugin: { id: `${prefix}-${id}`, name: id, users: 7, version: '1' } }),
    })),
  );

/** Killed in the middle, and gone on with by another worker. */
async function workAfterDeath(server: MarketplaceServer, runId: string, killAt: string, times: number) {
  const doomed = startCrawlingWorker(harness, server, { killAt, times, where: 'facts' });
  await once(doomed, 'exit');
  expect(doomed.signalCode).toBe('SIGKILL');
  expect((await harness.find(runId)).state).toBe('running');
  const next = startCrawlingWorker(harness, server, { where: 'facts' });
  const ended = await harness.ended(runId);
  next.kill('SIGKILL');
  return ended;
}

const facts = async (prefix: string) =>
  (
    await owner.query(
      `select p.external_id, p.users::int, s.day::text, s.users::int as on_day from plugins p
       join plugin_snapshots s on s.plugin_id = p.id where p.external_id like $1 || '-%' order by 1`,
      [prefix],
    )
  ).rows;
const captured = async (sourceId: string) =>
  (
    await owner.query(
      `select count(*)::int as captures, count(distinct object_sha256)::int as bodies from captures where source_id = $1`,
      [sourceId],
    )
  ).rows[0];

test.each([
  ['noted', 1],
  ['noted', 4],
  ['worked', 1],
  ['worked', 6],
])(
  'an import that is killed at “%s” for the %i. time goes on where it was, and doubles nothing',
  async (step, times) => {
    const prefix = `${step}-${times}`;
    const server = await harness.server();
    const sourceId = await quietSource(harness, server);
    const file = { name: 'pages.zip', content: archive(prefix) };
    const runId = await ask(harness, sourceId, 'import', {}, file);
    expect(await workAfterDeath(server, runId, step, times)).toMatchObject({
      state: 'succeeded',
      error: null,
      discovered: 6,
      fetched: 6,
      plugins: 6,
      plugins_changed: 6,
      failed: 0,
      field_health: { users: { pages: 6, read: 6 } },
    });
    expect(await captured(sourceId)).toEqual({ captures: 6, bodies: 6 });
    expect(await facts(prefix)).toEqual(
      ids.map((id) => ({ external_id: `${prefix}-${id}`, users: 7, day: '2024-03-01', on_day: 7 })),
    );
  },
);

test.each([
  ['noted', 3, false],
  ['worked', 3, false],
  ['noted', 2, true],
  ['worked', 5, true],
])(
  'a reparse that is killed at “%s” for the %i. time (dry: %s) reads each capture once, and changes nothing',
  async (step, times, dryRun) => {
    const prefix = `reparse-${step}-${times}`;
    const server = await harness.server();
    const sourceId = await quietSource(harness, server);
    const worker = startCrawlingWorker(harness, server, { where: 'facts' });
    await harness.ended(await ask(harness, sourceId, 'import', {}, { name: 'pages.zip', content: archive(prefix) }));
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    const before = await facts(prefix);
    expect(before).toHaveLength(6);
    const runId = await ask(harness, sourceId, 'reparse', { dryRun });
    expect(await workAfterDeath(server, runId, step, times)).toMatchObject({
      state: 'succeeded',
      discovered: 6,
      fetched: 6,
      plugins: 6,
      plugins_changed: 0,
      field_health: dryRun ? {} : { users: { pages: 6, read: 6 } },
    });
    expect(await facts(prefix)).toEqual(before);
    expect(await captured(sourceId)).toEqual({ captures: 6, bodies: 6 });
  },
);
