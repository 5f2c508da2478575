import { randomBytes } from 'node:crypto';
import { createTestOrganization } from '@granary/db/testing';
import { actions, executeAction } from '@granary/domain';
import { dependenciesOf } from '@granary/domain/testing';
import { type Connector, registry, UnreadablePage } from '@granary/marketplaces';
import { expect, test, vi } from 'vitest';
import { storeBody } from '../../src/crawl/body-store.ts';
import { expireCaptures } from '../../src/crawl/expire-captures.ts';
import { storeReading } from '../../src/facts/store-reading.ts';
import { makeZip } from '../../src/reading/testing/make-zip.ts';
import { ask, quietSource } from './asked-runs.ts';
import { createCrawlHarness } from './crawl-harness.ts';
import { shop } from './shop.ts';

const harness = await createCrawlHarness();
const { owner } = harness;
const never = new AbortController().signal;

const item = (id: string, users: number | null = 7, version: string | null = '1') => ({
  plugin: { id, name: `Plugin ${id}`, users, version },
});

test('a zip of saved pages becomes captures with their own dates and addresses, and what cannot be read is said', async () => {
  const server = await harness.server();
  const sourceId = await quietSource(harness, server);
  harness.crawl(server);
  const json = (value: unknown) => JSON.stringify(value);
  const content = makeZip([
    { name: '2024-03-01-a.json', content: json(item('a')) },
    { name: 'b.json', content: json(item('b')) },
    { name: 'broken.json', content: '<html>' },
    { name: '__MACOSX/._b.json', content: 'x' },
    {
      name: 'pages.json',
      content: json([{ file: 'b.json', url: 'https://shop.test/b', capturedAt: '2023-01-02T03:04:05Z' }]),
    },
  ]);
  const runId = await ask(harness, sourceId, 'import', { origin: 'archive' }, { name: 'pages.zip', content });
  expect(await harness.ended(runId)).toMatchObject({
    state: 'succeeded',
    discovered: 3,
    fetched: 3,
    plugins: 2,
    failed: 1,
    error: '1 could not be read; the first: broken.json: this is no page of the shop',
  });
  const { rows } = await owner.query(
    `select t.plugin, t.origin, c.final_url, c.fetched_at from test_readings t join captures c on c.id = t.capture_id
     where t.source_id = $1 order by plugin`,
    [sourceId],
  );
  expect(rows).toEqual([
    {
      plugin: 'a',
      origin: 'archive',
      final_url: expect.stringMatching(/^https:\/\/shop.test\/\?imported=[0-9a-f]{32}$/),
      fetched_at: expect.anything(),
    },
    { plugin: 'b', origin: 'archive', final_url: 'https://shop.test/b', fetched_at: expect.anything() },
  ]);
  expect(rows.map(({ fetched_at: at }) => new Date(at).toISOString())).toEqual([
    '2024-03-01T00:00:00.000Z',
    '2023-01-02T03:04:05.000Z',
  ]);
  const { rows: run } = await owner.query('select input_sha256 from source_runs where id = $1', [runId]);
  expect(run).toEqual([{ input_sha256: null }]); // the collector may have it
});

test('a page that is said to be of the future is kept, and nothing of it believed', async () => {
  const server = await harness.server();
  const sourceId = await quietSource(harness, server);
  harness.crawl(server);
  const page = { name: 'a.json', content: Buffer.from(JSON.stringify(item('prophet'))) };
  const runId = await ask(harness, sourceId, 'import', { capturedAt: '2199-01-01T00:00:00Z' }, page);
  expect(await harness.ended(runId)).toMatchObject({ fetched: 1, plugins: 1, held_back: 1 });
  expect(await harness.readings(sourceId)).toEqual([]);
});

test('a single page is imported as well; an archive that is damaged fails with the reason', async () => {
  const server = await harness.server();
  const sourceId = await quietSource(harness, server);
  harness.crawl(server);
  const page = { name: '2025-05-05-a.json', content: Buffer.from(JSON.stringify(item('single'))) };
  expect(await harness.ended(await ask(harness, sourceId, 'import', {}, page))).toMatchObject({
    state: 'succeeded',
    plugins: 1,
  });
  const damaged = { name: 'p.zip', content: makeZip([{ name: 'a.json', content: '{}' }]).subarray(0, -20) };
  expect(await harness.ended(await ask(harness, sourceId, 'import', {}, damaged))).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('cut off'),
  });
});

/** The same shop, whose page is read otherwise. */
const readOtherwise = (read: (users: number | null) => number | null): Connector => ({
  ...shop,
  parserVersion: 2,
  read(page) {
    const reading = shop.read(page);
    return {
      ...reading,
      plugins: reading.plugins.map(({ facts, origins }) => {
        const value = read(facts.users?.value ?? null);
        return {
          origins,
          facts: { ...facts, users: value === null ? null : { value, bound: 'exact', metric: 'installs' } },
        };
      }),
    };
  },
});

test('captures are read again by a better parser: a dry run says what would be otherwise, and the same parser changes nothing', async () => {
  const server = await harness.server();
  server.json('/index', { items: ['/a', '/b', '/c'] });
  for (const id of ['a', 'b', 'c']) server.json(`/${id}`, item(id, 10));
  const { sourceId, runId } = await harness.source(server);
  const facts = async () =>
    (
      await owner.query(
        `select p.external_id, p.users, s.users as on_day from plugins p join plugin_snapshots s on s.plugin_id = p.id
         where p.marketplace = 'shop' and p.tenant_id is null order by 1`,
      )
    ).rows;
  const crawlWith = (connector: Connector) =>
    harness.crawl(server, { connectors: registry([connector]), storeReading });
  const first = crawlWith(shop);
  expect(await harness.ended(runId)).toMatchObject({ state: 'succeeded', plugins: 3 });
  const asRead = await facts();
  expect(asRead).toHaveLength(3);
  const same = await ask(harness, sourceId, 'reparse');
  expect(await harness.ended(same)).toMatchObject({ state: 'succeeded', fetched: 4, plugins: 3, plugins_changed: 0 });
  expect(await facts()).toEqual(asRead);
  await first.stop();

  crawlWith(readOtherwise((users) => (users === null ? null : users * 1000)));
  const changesOf = async (id: string) =>
    (await owner.query(`select options -> 'changes' as changes from source_runs where id = $1`, [id])).rows[0].changes;
  const dry = await ask(harness, sourceId, 'reparse', { dryRun: true });
  expect(await harness.ended(dry)).toMatchObject({ state: 'succeeded', plugins: 3, plugins_changed: 3 });
  expect(await changesOf(dry)).toHaveLength(3);
  expect((await changesOf(dry))[0].changes).toContainEqual({ field: 'users', before: '10', after: '10000' });
  const { rows: counted } = await owner.query(
    `select options -> 'changedFields' as fields from source_runs where id = $1`,
    [dry],
  );
  expect(counted[0].fields).toMatchObject({ users: 3 });
  expect(await facts()).toEqual(asRead);
  const real = await ask(harness, sourceId, 'reparse');
  expect(await harness.ended(real)).toMatchObject({ plugins_changed: 3 });
  expect((await facts()).map(({ users, on_day: onDay }) => [Number(users), Number(onDay)])).toEqual([
    [10_000, 10_000],
    [10_000, 10_000],
    [10_000, 10_000],
  ]);
  expect(await harness.ended(await ask(harness, sourceId, 'reparse'))).toMatchObject({ plugins_changed: 0 });
  expect(server.counts()).toEqual({ '/index': 1, '/a': 1, '/b': 1, '/c': 1 });
});

test('a layout that breaks raises the alarm, and what it makes of pages is held back', async () => {
  const server = await harness.server();
  const ids = Array.from({ length: 12 }, (_, index) => `p${index}`);
  server.json('/index', { items: ids.map((id) => `/${id}`) });
  for (const id of ids) server.json(`/${id}`, item(id));
  const { sourceId, runId } = await harness.source(server);
  harness.crawl(server, { concurrency: 1 });
  expect(await harness.ended(runId)).toMatchObject({ state: 'succeeded', alarms: [], held_back: 0 });
  for (const id of ids) server.json(`/${id}`, item(id, null));
  const broken = await harness.ended(await harness.run(sourceId));
  expect(broken).toMatchObject({
    plugins: 12,
    alarms: [{ field: 'users', kind: 'lost', before: 1, now: 0 }],
    field_health: { users: { pages: 12, read: 0 }, name: { pages: 12, read: 12 } },
  });
  // the alarm rings at the fifth page; from then on nothing of such a page is believed
  expect(broken.held_back).toBe(7);
  for (const id of ids) server.json(`/${id}`, item(id, null, null));
  // two of three fields that every page had: whatever this is, it is not what was known
  expect(await harness.ended(await harness.run(sourceId))).toMatchObject({ plugins: 12, held_back: 12 });
  for (const id of ids) server.json(`/${id}`, item(id, 8));
  expect(await harness.ended(await harness.run(sourceId))).toMatchObject({ alarms: [], held_back: 0 });
});

test('a field that is lost is told of once, and once somebody knows, the field is judged by what is read since', async () => {
  const server = await harness.server();
  const ids = Array.from({ length: 6 }, (_, index) => `q${index}`);
  server.json('/index', { items: ids.map((id) => `/${id}`) });
  for (const id of ids) server.json(`/${id}`, item(id));
  const { tenantId, as } = await createTestOrganization(owner, 'alarmed');
  const { sourceId, runId } = await harness.source(server, { tenantId });
  harness.crawl(server, { concurrency: 1 });
  await harness.ended(runId);
  for (const id of ids) server.json(`/${id}`, item(id, null));
  const again = async () => harness.ended(await harness.run(sourceId));
  const told = async () =>
    (
      await owner.query(
        `select data -> 'fields' as fields from outbox_events where type = 'source.field_alarm' and tenant_id = $1`,
        [tenantId],
      )
    ).rows;
  for (const _ of [1, 2]) expect(await again()).toMatchObject({ alarms: [{ field: 'users', kind: 'lost' }] });
  expect(await told()).toEqual([{ fields: ['users'] }]);
  const alarms = async () =>
    (
      await owner.query('select id, field, ended_at is null as is_on from source_alarms where source_id = $1', [
        sourceId,
      ])
    ).rows;
  const [alarm] = await alarms();
  expect(await alarms()).toMatchObject([{ field: 'users', is_on: true }]);

  const action = actions.find(({ name }) => name === 'sources.acknowledgeAlarm');
  if (!action) throw new Error('no action to acknowledge with');
  const acknowledge = () =>
    executeAction(dependenciesOf(harness.database), action, as.editor, { sourceId, alarmId: alarm.id });
  expect(await acknowledge()).toMatchObject({ field: 'users', acknowledgedBy: as.editor.userId });
  await expect(acknowledge()).rejects.toMatchObject({ kind: 'precondition' });
  expect(await again()).toMatchObject({ state: 'succeeded', alarms: [], held_back: 0 });

  // it comes back, is read for a while, and is lost once more: that is news
  for (const id of ids) server.json(`/${id}`, item(id, 8));
  for (const _ of [1, 2, 3]) await again();
  for (const id of ids) server.json(`/${id}`, item(id, null));
  await again();
  expect(await told()).toHaveLength(2);
  for (const id of ids) server.json(`/${id}`, item(id, 9));
  await again();
  expect((await alarms()).filter(({ is_on: isOn }) => isOn)).toEqual([]);
});

test('a page that is none any more is kept, counted as failed, and stores nothing', async () => {
  const server = await harness.server();
  server.json('/index', { items: ['/a'] });
  server.on('/a', (_request, response) => void response.end('<html>We have moved</html>'));
  const { sourceId, runId } = await harness.source(server);
  const broken: Connector = {
    ...shop,
    read(page) {
      if (page.request.kind === 'item' && page.body.length > 100) throw new TypeError('not foreseen');
      if (page.request.kind === 'item') throw new UnreadablePage('another layout');
      return shop.read(page);
    },
  };
  harness.crawl(server, { connectors: registry([broken]) });
  expect(await harness.ended(runId)).toMatchObject({ state: 'succeeded', fetched: 2, failed: 1, plugins: 0 });
  const { rows } = await owner.query(
    `select r.error, c.body_bytes::int as bytes from crawl_requests r join captures c on c.id = r.capture_id
     where r.source_id = $1 and r.state = 'failed'`,
    [sourceId],
  );
  expect(rows).toEqual([{ error: 'another layout', bytes: 26 }]);
});

test('captures go when their time is over, what was read from them stays, and the next crawl asks anew', async () => {
  const server = await harness.server();
  server.json('/index', { items: ['/a'] });
  server.json('/a', item('a'), { etag: '"1"' });
  const { sourceId, runId } = await harness.source(server);
  harness.crawl(server);
  await harness.ended(runId);
  const left = async () =>
    (await owner.query('select count(*)::int as n from captures where source_id = $1', [sourceId])).rows[0].n;
  await expireCaptures(harness.worker, 10, never);
  expect(await left()).toBe(2);
  await owner.query(`update captures set kept_at = now() - interval '5 days' where source_id = $1`, [sourceId]);
  await expireCaptures(harness.worker, 10, never);
  expect(await left()).toBe(2);
  await owner.query('update sources set keep_captures_days = 4 where id = $1', [sourceId]);
  await expireCaptures(harness.worker, 10, never);
  expect(await left()).toBe(0);
  expect(await harness.readings(sourceId)).toHaveLength(1);
  await harness.ended(await harness.run(sourceId));
  expect(server.visits.filter(({ headers }) => headers['if-none-match'] !== undefined)).toEqual([]);
});

test('an organization’s body lies under its own name, compressed, and the same one once', async () => {
  const { rows } = await owner.query('select app.installation_id() as id');
  const ownerId: string = rows[0].id;
  const body = Buffer.from('x'.repeat(100_000));
  const context = { database: harness.worker, store: harness.store, workDirectory: harness.folder };
  const one = await storeBody(context, ownerId, body);
  const two = await storeBody(context, ownerId, body);
  expect(two.sha256).toBe(one.sha256);
  expect(one.bytes).toBeLessThan(1000);
  expect(await harness.store.stat({ tenantId: ownerId, sha256: one.sha256 })).toEqual({ bytes: one.bytes });
});

test('captures count among the bytes of the plan, each body once; a crawl that has no room ends and asks no more', async () => {
  const server = await harness.server();
  const ids = Array.from({ length: 8 }, (_, index) => `r${index}`);
  server.json('/index', { items: ids.map((id) => `/${id}`) });
  const noise = () => randomBytes(2000).toString('base64');
  for (const id of ids) server.json(`/${id}`, { ...item(id), noise: noise() });
  const { tenantId } = await createTestOrganization(owner, 'crowded');
  const used = async () => Number((await owner.query(`select app.usage_of($1, 'bytes') as n`, [tenantId])).rows[0].n);
  const { sourceId, runId } = await harness.source(server, { tenantId });
  harness.crawl(server, { concurrency: 1 });
  await harness.ended(runId);
  const { rows } = await owner.query(
    `select sum(bytes)::int as n from (select distinct object_sha256, object_bytes as bytes from captures where owner_id = $1) c`,
    [tenantId],
  );
  expect(await used()).toBe(rows[0].n);
  await owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'bytes', $2, 'a test')`,
    [tenantId, rows[0].n + 5000],
  );
  expect(await harness.ended(await harness.run(sourceId))).toMatchObject({ state: 'succeeded' }); // the same bodies
  for (const id of ids) server.json(`/${id}`, { ...item(id), noise: noise() });
  const before = server.visits.length;
  expect(await harness.ended(await harness.run(sourceId))).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('limit'),
  });
  expect(server.visits.length - before).toBeLessThan(8);
  expect(await used()).toBeLessThanOrEqual(rows[0].n + 5000);
});

test('a schedule begins a run when it is due, once, and says when it is due next', async () => {
  const server = await harness.server();
  server.json('/index', {});
  const sourceId = await quietSource(harness, server);
  await owner.query(
    `update sources set cron = '15 6 * * *', time_zone = 'Europe/Berlin', next_run_at = now() - interval '3 days' where id = $1`,
    [sourceId],
  );
  const runs = async () =>
    (await owner.query(`select id, trigger from source_runs where source_id = $1`, [sourceId])).rows;
  for (const _ of [1, 2]) harness.crawl(server);
  await vi.waitFor(async () => expect(await runs()).toHaveLength(1), { timeout: 300_000 });
  await harness.ended((await runs())[0].id);
  const { rows } = await owner.query(
    `select next_run_at > now() as is_ahead, extract(hour from next_run_at at time zone 'Europe/Berlin')::int as hour,
      extract(minute from next_run_at)::int as minute from sources where id = $1`,
    [sourceId],
  );
  expect(rows).toEqual([{ is_ahead: true, hour: 6, minute: 15 }]);
  expect((await runs()).map(({ trigger }) => trigger)).toEqual(['schedule']);
});
