import { connectors } from '@granary/marketplaces';
import { fixtureSite, type ReplayServer, startReplayServer } from '@granary/marketplaces/testing';
import { expect, onTestFinished, test } from 'vitest';
import { crawlDefaults } from '../../src/crawl/crawl-context.ts';
import { replayedOutbound } from '../../src/crawl/replayed-outbound.ts';
import { startCrawling } from '../../src/crawl/start-crawling.ts';
import { storeReading } from '../../src/facts/store-reading.ts';
import { createCrawlHarness } from './crawl-harness.ts';
import { quick } from './quick.ts';

const harness = await createCrawlHarness();
const { owner } = harness;
const id = 'ofadgkplmhbecinjofadgkplmhbecinj';
const address = `https://chromewebstore.google.com/detail/tidy-tabs/${id}`;
const captureOf = (time: string) => `web.archive.org/web/${time}id_/${address}`;

/** The store and the archive, with a worker that asks them; each test's source is alone. */
async function archive(): Promise<ReplayServer> {
  await owner.query('delete from sources');
  await owner.query('delete from plugins');
  await owner.query('delete from jobs.crawl_hosts');
  const server = await startReplayServer({ routes: fixtureSite() });
  const outbound = replayedOutbound('GranaryTest/1.0', `127.0.0.1:${server.port}`);
  const crawling = startCrawling({
    database: harness.worker,
    store: harness.store,
    outbound,
    connectors,
    storeReading,
    workDirectory: harness.folder,
    settings: { ...crawlDefaults, productToken: 'GranaryTest', concurrency: 2, ...quick },
    log: () => {},
  });
  onTestFinished(async () => {
    await crawling.stop();
    await Promise.all([outbound.close(), server.close()]);
  });
  return server;
}

async function source(): Promise<string> {
  const { rows } = await owner.query<{ id: string }>(
    `insert into sources (connector, name, rate, settings) values ('chrome-web-store', gen_random_uuid()::text, 1000, $1) returning id`,
    [{ ids: [id] }],
  );
  return rows[0]?.id ?? '';
}

async function run(sourceId: string, trigger: 'manual' | 'backfill', history: object = {}) {
  const { rows } = await owner.query<{ id: string }>(
    `insert into source_runs (source_id, trigger, options) values ($1, $2, $3) returning id`,
    [sourceId, trigger, trigger === 'backfill' ? { history } : {}],
  );
  return harness.ended(rows[0]?.id ?? '');
}

const snapshots = async () =>
  (
    await owner.query(
      `select s.day::text, s.users::int, s.version, s.origin, s.state from plugin_snapshots s join plugins p on p.id = s.plugin_id
       where p.external_id = $1 order by s.day`,
      [id],
    )
  ).rows;

const old = [
  { day: '2024-03-01', users: 20_000, version: '1.9.0', origin: 'archive', state: 'available' },
  { day: '2025-02-01', users: 50_000, version: '2.2.0', origin: 'archive', state: 'available' },
];

test('an archive’s pages become days of their own, of plugins that are known, and are asked for once', async () => {
  const server = await archive();
  const sourceId = await source();
  expect(await run(sourceId, 'manual')).toMatchObject({ state: 'succeeded', plugins: 1 });
  const [today] = await snapshots();
  expect(today).toMatchObject({ users: 60_000, origin: 'live' });
  const known = async () => (await owner.query('select users::int, version, name, last_seen_at from plugins')).rows;
  const before = await known();

  expect(await run(sourceId, 'backfill', { minimumDays: 1 })).toMatchObject({
    state: 'succeeded',
    plugins: 2,
    failed: 0,
  });
  expect(await snapshots()).toEqual([...old, today]);
  expect(await known()).toEqual(before); // what is known now is what was read last
  const asked = () =>
    server.requests.filter(({ host, target }) => host === 'web.archive.org' && target.startsWith('/web/'));
  expect(asked()).toHaveLength(2);

  expect(await run(sourceId, 'backfill', { minimumDays: 1 })).toMatchObject({
    state: 'succeeded',
    plugins: 0,
    plugins_changed: 0,
  });
  expect(await run(sourceId, 'manual')).toMatchObject({ state: 'succeeded', plugins: 1, alarms: [] });
  expect(asked()).toHaveLength(2);
  expect(await snapshots()).toEqual([...old, today]);
  const { rows } = await owner.query(
    `select fetched_at::date::text as day from captures where origin = 'archive' order by 1`,
  );
  expect(rows.map(({ day }) => day)).toEqual(expect.arrayContaining(['2024-03-01', '2025-02-01']));
});

test.each([
  ['live', 'archive'],
  ['archive', 'live'],
])('a day that was read live stays as it is, also where the archive saw it later: first %s, then %s', async (first) => {
  await archive();
  const sourceId = await source();
  const readLive = async () => {
    expect(await run(sourceId, 'manual')).toMatchObject({ plugins: 1 });
    // as if it had been read on the morning of a day that the archive saw at noon
    await owner.query(
      `update captures set fetched_at = '2024-03-01T06:00:00Z' where origin = 'live' and source_id = $1`,
      [sourceId],
    );
    await owner.query('delete from plugins');
    const { rows } = await owner.query<{ id: string }>(
      `insert into source_runs (source_id, trigger) values ($1, 'reparse') returning id`,
      [sourceId],
    );
    await harness.ended(rows[0]?.id ?? ''); // which reads what the archive has captured again as well
  };
  const backfill = async () => {
    expect(await run(sourceId, 'backfill', { addresses: [address], minimumDays: 1 })).toMatchObject({ plugins: 2 });
  };
  for (const read of first === 'live' ? [readLive, backfill] : [backfill, readLive]) await read();
  expect((await snapshots())[0]).toMatchObject({ day: '2024-03-01', users: 60_000, origin: 'live' });
});

test('what the archive says instead of a capture is not what the store said then', async () => {
  const server = await archive();
  const sourceId = await source();
  server.fail(captureOf('20240301120000'), {
    kind: 'answer',
    status: 404,
    body: 'Wayback Machine has not archived that URL',
  });
  server.fail(captureOf('20250201080000'), {
    kind: 'redirect',
    location: `https://${captureOf('20240301120000')}`,
  });
  const ended = await run(sourceId, 'backfill', { addresses: [address], minimumDays: 1 });
  expect(ended).toMatchObject({ plugins: 0, failed: 2 });
  expect(await snapshots()).toEqual([]);
  // and once it has it, it is asked for again
  const healed = { kind: 'answer', status: 404, body: '', times: 0 } as const;
  server.fail(captureOf('20240301120000'), healed);
  server.fail(captureOf('20250201080000'), healed);
  expect(await run(sourceId, 'backfill', { addresses: [address], minimumDays: 1 })).toMatchObject({ plugins: 2 });
  expect(await snapshots()).toEqual(old);
});

test('a backfill and a crawl of one source go on at once, and neither takes the other’s pages', async () => {
  await archive();
  const sourceId = await source();
  const [crawled, filled] = await Promise.all([
    run(sourceId, 'manual'),
    run(sourceId, 'backfill', { addresses: [address], minimumDays: 1 }),
  ]);
  expect([crawled.plugins, filled.plugins]).toEqual([1, 2]);
  expect(await snapshots()).toHaveLength(3);
});
