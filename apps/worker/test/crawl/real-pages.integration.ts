import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { connectors } from '@granary/marketplaces';
import { expect, onTestFinished, test } from 'vitest';
import { replayedOutbound } from '../../src/crawl/replayed-outbound.ts';
import { startCrawling } from '../../src/crawl/start-crawling.ts';
import { storeReading } from '../../src/facts/store-reading.ts';
import { createCrawlHarness } from './crawl-harness.ts';

const corpus = process.env.GRANARY_CORPUS ?? path.resolve(import.meta.dirname, '../../../../../shared/data');
const folder = path.join(corpus, 'marketplace', 'chrome-web-store');
const isHere = existsSync(folder);
if (!isHere)
  process.stderr.write(`skipped: crawling real pages (${folder} is not there; GRANARY_CORPUS names another)\n`);
const host = 'chromewebstore.google.com';
const xml = (root: string, entry: string, addresses: readonly string[]) =>
  `<?xml version="1.0"?><${root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${addresses
    .map((address) => `<${entry}><loc>${address}</loc></${entry}>`)
    .join('')}</${root}>`;

test.skipIf(!isHere)('real pages are crawled under the addresses that they have, from the sitemap on', async () => {
  const harness = await createCrawlHarness();
  const server = await harness.server();
  const files = (await readdir(folder)).filter((name) => name.endsWith('.html'));
  const idOf = (file: string) => /([a-p]{32})\.html$/.exec(file)?.[1] ?? '';
  const answer = (address: string, type: string, body: string | Buffer) =>
    server.onHost(
      host,
      address,
      (_request, response) => void response.writeHead(200, { 'content-type': type }).end(body),
    );
  answer('/sitemap', 'application/xml', xml('sitemapindex', 'sitemap', [`https://${host}/sitemap?shard=0`]));
  const addresses = files.map((file) => `https://${host}/detail/some-name/${idOf(file)}`);
  answer('/sitemap?shard=0', 'application/xml', xml('urlset', 'url', addresses));
  for (const file of files)
    answer(`/detail/some-name/${idOf(file)}?hl=en`, 'text/html', await readFile(path.join(folder, file)));

  const { rows } = await harness.owner.query<{ id: string }>(
    `insert into sources (connector, name, settings, rate) values ('chrome-web-store', 'real', '{}', 1000) returning id`,
  );
  const runId = await harness.run(rows[0]?.id ?? '');
  const outbound = replayedOutbound('GranaryTest/1.0', `127.0.0.1:${server.port}`);
  const crawling = startCrawling({ ...harness.context(server, { connectors, storeReading }), outbound });
  onTestFinished(async () => {
    await crawling.stop();
    await outbound.close();
  });
  const run = await harness.ended(runId);
  expect(run).toMatchObject({
    state: 'succeeded',
    fetched: files.length + 2,
    failed: 0,
    plugins: files.length,
    alarms: [],
  });
  expect(server.visits.every((visit) => visit.host.split(':')[0] === host)).toBe(true);
  const stored = await harness.owner.query(
    `select external_id, state, name, users::int, users_at_least as "atLeast", metric from plugins order by users`,
  );
  expect(stored.rows).toEqual([
    {
      external_id: 'odffpjnpocjfcaclnenaaaddghkgijdb',
      state: 'available',
      name: expect.stringMatching(/^Blync: /),
      users: 40,
      atLeast: false,
      metric: 'active_users',
    },
    {
      external_id: 'kofbbilhmnkcmibjbioafflgmpkbnmme',
      state: 'available',
      name: 'HTML to Markdown',
      users: 77,
      atLeast: false,
      metric: 'active_users',
    },
    {
      external_id: 'ocfdgncpifmegplaglcnglhioflaimkd',
      state: 'available',
      name: 'GitHub: Better Line Counts',
      users: 251,
      atLeast: false,
      metric: 'active_users',
    },
    {
      external_id: 'hmdcmlfkchdmnmnmheododdhjedfccka',
      state: 'available',
      name: 'Eye Dropper',
      users: 1_000_000,
      atLeast: true,
      metric: 'active_users',
    },
    // the store says that it is gone, on a page that looks like any other
    {
      external_id: 'oadbjpccljkplmhnjekgjamejnbadlne',
      state: 'unavailable',
      name: null,
      users: null,
      atLeast: null,
      metric: null,
    },
  ]);
});
