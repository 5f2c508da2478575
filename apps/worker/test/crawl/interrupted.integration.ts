import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { createCrawlHarness } from './crawl-harness.ts';
import type { MarketplaceServer } from './marketplace-server.ts';
import { startCrawlingWorker } from './start-crawling-worker.ts';

const harness = await createCrawlHarness();
const items = Array.from({ length: 12 }, (_, index) => `/item${index}`);

async function shopWithItems(): Promise<MarketplaceServer> {
  const server = await harness.server();
  server.json('/index', { items });
  for (const item of items) server.json(item, { plugin: { id: item.slice(1), name: item, users: 1, version: '1' } });
  return server;
}

test.each([
  ['turn', 1],
  ['turn', 5],
  ['answered', 2],
  ['answered', 6],
  ['stored', 4],
  ['captured', 1],
  ['captured', 5],
  ['read', 3],
])(
  'killed at “%s” for the %i. time, a crawl goes on where it was, and asks twice at most for what was in flight',
  async (step, times) => {
    const server = await shopWithItems();
    const { sourceId, runId } = await harness.source(server);
    const doomed = startCrawlingWorker(harness, server, { killAt: step, times });
    await once(doomed, 'exit');
    expect(doomed.signalCode).toBe('SIGKILL');
    startCrawlingWorker(harness, server);
    expect(await harness.ended(runId)).toMatchObject({
      state: 'succeeded',
      discovered: 13,
      fetched: 13,
      failed: 0,
      plugins: 12,
    });
    const twice = Object.entries(server.counts()).filter(([, count]) => count > 1);
    // two requests at a time, of which one is asking the host and the other one storing what it was answered
    expect(twice.length).toBeLessThanOrEqual(['captured', 'read'].includes(step) ? 1 : 2);
    expect(twice.every(([, count]) => count === 2)).toBe(true);
    expect(Object.keys(server.counts()).sort()).toEqual(['/index', ...items].sort());
    expect((await harness.readings(sourceId)).map(({ plugin }) => plugin).sort()).toEqual(
      items.map((item) => item.slice(1)).sort(),
    );
  },
);

test('several workers share a crawl: each page is asked for once, one at a time and no faster than the host is to be asked', async () => {
  const server = await shopWithItems();
  const { sourceId, runId } = await harness.source(server, { rate: 20 });
  for (const _ of [1, 2, 3]) startCrawlingWorker(harness, server);
  expect(await harness.ended(runId)).toMatchObject({ state: 'succeeded', discovered: 13, fetched: 13, plugins: 12 });
  expect(Object.values(server.counts()).every((count) => count === 1)).toBe(true);
  expect(server.mostAtOnce()).toBe(1);
  const arrivals = server.visits.map(({ at }) => at);
  expect(arrivals).toHaveLength(14);
  const spent = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0);
  expect(spent).toBeGreaterThanOrEqual(13 * 50 - 50); // the first and the last one's way to the server may differ
  expect(await harness.readings(sourceId)).toHaveLength(12);
});

/** Workers share all crawls, so each of them may ask both servers. */
const allowing = (...servers: MarketplaceServer[]) => ({ allow: servers.map(({ port }) => `shop.test:${port}`) });

test('a source that is paused in the middle asks nothing more, and goes on where it was', async () => {
  const [server, other] = [await shopWithItems(), await shopWithItems()];
  const { sourceId, runId } = await harness.source(server);
  const pause = (isPaused: boolean) =>
    harness.owner.query('update sources set is_paused = $2 where id = $1', [sourceId, isPaused]);
  let atPause = 0;
  harness.crawl(server, {
    ...allowing(server, other),
    concurrency: 1,
    onStep: async (step) => {
      if (step !== 'read' || atPause > 0) return;
      await pause(true);
      atPause = server.visits.length;
    },
  });
  await vi.waitFor(() => expect(atPause).toBeGreaterThan(0), { timeout: 300_000 });
  // another source's crawl begins and ends meanwhile: there was time enough
  const { runId: others } = await harness.source(other);
  await harness.ended(others);
  expect(server.visits.length).toBe(atPause);
  expect((await harness.find(runId)).state).toBe('running');
  await pause(false);
  expect(await harness.ended(runId)).toMatchObject({ state: 'succeeded', plugins: 12 });
  expect(Object.values(server.counts()).every((count) => count === 1)).toBe(true);
});

test.each(['cancelled', 'deleted'])(
  'a source that is %s while it runs ends there, and nobody stumbles over it',
  async (how) => {
    const [server, other] = [await shopWithItems(), await shopWithItems()];
    const { sourceId, runId } = await harness.source(server);
    const end = () =>
      how === 'deleted'
        ? harness.owner.query('delete from sources where id = $1', [sourceId])
        : harness.owner.query(`update source_runs set state = 'cancelled', ended_at = now() where id = $1`, [runId]);
    let isOver = false;
    harness.crawl(server, {
      ...allowing(server, other),
      concurrency: 1,
      onStep: async (step) => {
        if (step !== 'answered' || isOver || server.visits.length < 5) return;
        isOver = true;
        await end(); // while the answer is on its way to be stored
      },
    });
    await vi.waitFor(() => expect(isOver).toBe(true), { timeout: 300_000 });
    const asked = server.visits.length;
    const { runId: others } = await harness.source(other);
    expect(await harness.ended(others)).toMatchObject({ state: 'succeeded' });
    expect(server.visits.length).toBe(asked);
    const { rows } = await harness.owner.query('select count(*)::int as n from captures where source_id = $1', [
      sourceId,
    ]);
    expect(rows[0].n).toBe(how === 'deleted' ? 0 : asked - 2); // without robots.txt and the answer that came too late
  },
);
