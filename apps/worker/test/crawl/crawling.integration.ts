import { expect, test } from 'vitest';
import { createCrawlHarness } from './crawl-harness.ts';

const harness = await createCrawlHarness();
const plugin = (id: string, users: number | null = 1, name: string | null = id) => ({
  plugin: { id, name, users, version: '1' },
});

test('a crawl goes from the index to every item, keeps each answer, and stores what it says', async () => {
  const server = await harness.server();
  server.json('/index', { pages: ['/page2'], items: ['/a', '/b'] });
  server.json('/page2', { items: ['/b', '/c'] });
  for (const id of ['a', 'b', 'c']) server.json(`/${id}`, plugin(id, 103_974));
  const { sourceId, runId } = await harness.source(server);
  harness.crawl(server);
  expect(await harness.ended(runId)).toMatchObject({
    state: 'succeeded',
    error: null,
    discovered: 5,
    fetched: 5,
    changed: 5,
    failed: 0,
    plugins: 3,
    field_health: { name: { pages: 3, read: 3, by: { api: 3 } } },
    alarms: [],
  });
  expect(server.counts()).toEqual({ '/index': 1, '/page2': 1, '/a': 1, '/b': 1, '/c': 1 });
  expect(await harness.readings(sourceId)).toEqual(
    ['a', 'b', 'c'].map((id) => ({ plugin: id, name: id, users: 103_974 })),
  );
  expect(server.visits[0]).toMatchObject({ path: '/robots.txt' });
  expect(server.visits[1]?.headers['user-agent']).toBe('GranaryTest/1.0 (+https://granary.example/bot)');
  expect(server.mostAtOnce()).toBe(1);
});

test('robots.txt is read once for a host, and what it asks not to ask is not asked', async () => {
  const server = await harness.server();
  server.on('/robots.txt', (_request, response) => {
    response.end('User-agent: granarytest\nDisallow: /private\nCrawl-delay: 0.05\n\nUser-agent: *\nDisallow: /\n');
  });
  server.json('/index', { items: ['/a', '/private/b', '/moved'] });
  server.json('/a', plugin('a'));
  server.json('/private/b', plugin('b'));
  server.on('/moved', (_request, response) => void response.writeHead(302, { location: '/private/b' }).end());
  const { runId } = await harness.source(server);
  harness.crawl(server);
  expect(await harness.ended(runId)).toMatchObject({ state: 'succeeded', discovered: 4, skipped: 2, plugins: 1 });
  expect(server.counts()).toEqual({ '/index': 1, '/a': 1, '/moved': 1 });
  expect(server.visits.filter(({ path }) => path === '/robots.txt')).toHaveLength(1);
});

test('a host that cannot say what it allows is not asked, and the crawl says why it failed', async () => {
  const server = await harness.server();
  server.on('/robots.txt', (_request, response) => void response.writeHead(503).end());
  server.json('/index', {});
  const { runId } = await harness.source(server);
  harness.crawl(server, { attempts: 2 });
  expect(await harness.ended(runId)).toMatchObject({
    state: 'failed',
    error: 'its host’s robots.txt cannot be read: status 503',
    failed: 1,
    fetched: 0,
  });
  expect(server.counts()).toEqual({});
});

test('redirects are followed within the hosts of the source, hop by hop, each by its own host’s rules', async () => {
  const server = await harness.server();
  const elsewhere = (host: string) => `http://${host}:${server.port}`;
  server.json('/index', { items: ['/old', '/away', '/loop', '/private', '/rebound', '/forbidden'] });
  const redirect = (from: string, to: string) =>
    server.on(from, (_request, response) => void response.writeHead(301, { location: to }).end());
  redirect('/old', `${elsewhere('other.test')}/new`);
  redirect('/away', 'https://evil.test/');
  redirect('/loop', '/loop');
  redirect('/private', 'https://10.0.0.1/');
  redirect('/rebound', `https://inside.test:${server.port}/`);
  redirect('/forbidden', `${elsewhere('other.test')}/forbidden`);
  server.onHost('other.test', '/robots.txt', (_request, response) => {
    response.end('User-agent: *\nDisallow: /forbidden');
  });
  server.onHost('other.test', '/new', (_request, response) => void response.end(JSON.stringify(plugin('moved'))));
  const hosts = ['shop.test', 'other.test', '10.0.0.1', 'inside.test'];
  const { sourceId, runId } = await harness.source(server, { hosts });
  harness.crawl(server);
  expect(await harness.ended(runId)).toMatchObject({ state: 'succeeded', plugins: 1, failed: 4, skipped: 1 });
  const { rows } = await harness.owner.query(
    `select key, error from crawl_requests where source_id = $1 and state <> 'done' order by key`,
    [sourceId],
  );
  expect(Object.fromEntries(rows.map(({ key, error }) => [new URL(key).pathname, error]))).toEqual({
    '/away': expect.stringContaining('evil.test is not one of the hosts'),
    '/forbidden': 'robots.txt asks not to',
    '/loop': 'it is redirected more than 5 times',
    '/private': expect.stringContaining('not one of the public internet'),
    '/rebound': expect.stringContaining('not one of the public internet'),
  });
  const { rows: captured } = await harness.owner.query(
    `select final_url from captures where source_id = $1 and request_key like '%/old'`,
    [sourceId],
  );
  expect(captured).toEqual([{ final_url: `${elsewhere('other.test')}/new` }]);
});

test('a host that asks for patience gets it; one that breaks off or stands still is asked again', async () => {
  const server = await harness.server();
  server.json('/index', { items: ['/busy', '/cut', '/still', '/never'] });
  const failing = new Map<string, number>();
  const first = (path: string, answer: Parameters<typeof server.on>[1]) =>
    server.on(path, (request, response) => {
      failing.set(path, (failing.get(path) ?? 0) + 1);
      if (failing.get(path) === 1) answer(request, response);
      else response.end(JSON.stringify(plugin(path.slice(1))));
    });
  first('/busy', (_request, response) => void response.writeHead(429, { 'retry-after': '1' }).end());
  first('/cut', (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{"plugin": {"id": "half');
    setImmediate(() => response.destroy());
  });
  first('/still', (_request, response) => {
    response.writeHead(200);
    response.write('{"plugin": {"id"');
  });
  server.on('/never', (_request, response) => void response.writeHead(500).end());
  const { sourceId, runId } = await harness.source(server);
  harness.crawl(server, { idleMs: 300, attempts: 3 });
  expect(await harness.ended(runId)).toMatchObject({ state: 'succeeded', fetched: 4, failed: 1, plugins: 3 });
  expect(server.counts()).toEqual({ '/index': 1, '/busy': 2, '/cut': 2, '/still': 2, '/never': 3 });
  expect((await harness.readings(sourceId)).map((each) => each.plugin)).toEqual(['busy', 'cut', 'still']);
  // nobody asked the host at all while it had asked for patience
  const refusedAt = server.visits.findIndex(({ path }) => path === '/busy');
  const [refused, next] = server.visits.slice(refusedAt, refusedAt + 2);
  expect((next?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThan(990);
});

test('what has not changed is asked for with what the host said of it, and is observed again', async () => {
  const server = await harness.server();
  server.json('/index', { items: ['/a', '/b'] });
  server.on('/a', (request, response) => {
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"1"' }).end(JSON.stringify(plugin('a')));
  });
  server.json('/b', plugin('b'));
  const { sourceId, runId } = await harness.source(server);
  harness.crawl(server);
  expect(await harness.ended(runId)).toMatchObject({ fetched: 3, unchanged: 0 });
  const again = await harness.ended(await harness.run(sourceId));
  expect(again).toMatchObject({ state: 'succeeded', fetched: 2, unchanged: 3, changed: 0, plugins: 2 });
  expect((await harness.readings(sourceId)).map((each) => each.plugin)).toEqual(['a', 'a', 'b', 'b']);
  const { rows } = await harness.owner.query(
    `select count(*)::int as captures, count(distinct object_sha256)::int as objects from captures where source_id = $1`,
    [sourceId],
  );
  expect(rows).toEqual([{ captures: 6, objects: 3 }]);
});

test('an item that is no longer listed is asked about itself, and not again once it is gone', async () => {
  const server = await harness.server();
  server.json('/index', { items: ['/a', '/b'] });
  for (const id of ['a', 'b']) server.json(`/${id}`, plugin(id));
  const { sourceId, runId } = await harness.source(server);
  harness.crawl(server);
  await harness.ended(runId);
  server.json('/index', { items: ['/a'] });
  server.on('/b', (_request, response) => void response.writeHead(404).end());
  expect(await harness.ended(await harness.run(sourceId))).toMatchObject({ discovered: 3, plugins: 2 });
  expect(await harness.ended(await harness.run(sourceId))).toMatchObject({ discovered: 2, plugins: 1 });
  const { rows } = await harness.owner.query(
    `select plugin, state from test_readings where source_id = $1 and state <> 'available'`,
    [sourceId],
  );
  expect(rows).toEqual([{ plugin: 'b', state: 'unavailable' }]);
});
