import { describe, expect, test } from 'vitest';
import { ConnectorSettingsError, UnreadablePage } from '../connector.ts';
import { crawlFixtures } from '../testing/crawl-fixtures.ts';
import { fixtureSite, fixtureSources, readFixture } from '../testing/fixture-site.ts';
import { pageOf } from '../testing/page-of.ts';
import { generic } from './index.ts';

const settings = fixtureSources.find(({ connector }) => connector === 'generic')?.settings ?? {};
const address = 'https://directory.example.com/apps/board-room';
const read = (body: string | Uint8Array, url = address) => {
  const [plugin] = generic.read(pageOf({ url, body })).plugins;
  if (plugin === undefined) throw new Error('nothing was read');
  return plugin;
};
const withData = (data: unknown) =>
  `<title>x</title><script type="application/ld+json">${JSON.stringify(data)}</script>`;

describe('any site', () => {
  test('is followed through a gzipped sitemap to the pages below its paths, on its own host', () => {
    const { requests, plugins } = crawlFixtures(generic, settings, fixtureSite());
    expect(requests.map(({ url }) => url)).toEqual([
      'https://directory.example.com/sitemap.xml.gz',
      'https://directory.example.com/apps/board-room',
      'https://directory.example.com/apps/paper-clip',
      'https://directory.example.com/apps/old-kettle',
      'https://directory.example.com/apps/price-list',
    ]);
    expect(plugins.map(({ facts }) => [facts.name, facts.availability.state])).toEqual([
      ['Board Room', 'available'],
      ['Paper Clip', 'available'],
      [null, 'unavailable'],
      ['Preisliste Pro', 'available'],
    ]);
    expect(generic.hosts(settings)).toEqual(['directory.example.com']);
  });

  test('may be a list of addresses, each host of which may be asked', () => {
    const urls = ['https://a.example.com/x?utm_source=y', 'https://b.example.com/'];
    expect(generic.start({ urls }).map(({ url, externalId }) => [url, externalId])).toEqual([
      ['https://a.example.com/x', 'https://a.example.com/x'],
      ['https://b.example.com/', 'https://b.example.com/'],
    ]);
    expect(generic.hosts({ urls })).toEqual(['a.example.com', 'b.example.com']);
  });

  test.each([
    {},
    { urls: [] },
    { urls: ['http://a.example.com/'] },
    { urls: ['https://user:x@a.example.com/'] },
    { urls: ['https://localhost/'] },
    { urls: ['x'] },
    { sitemaps: ['https://a.example.com/s'], paths: ['apps'] },
  ])('refuses settings that do not fit: %j', (wrong) => {
    expect(() => generic.start(wrong)).toThrow(ConnectorSettingsError);
  });

  test('is read by the data of schema.org, which is found in a graph', () => {
    const { facts, origins } = read(readFixture('generic/2026-11-01/board-room.html'));
    expect(facts).toMatchObject({
      externalId: address,
      name: 'Board Room',
      url: address,
      summary: 'Meetings that end.',
      description: 'Meetings & minutes.',
      featuredImageUrl: 'https://directory.example.com/img/board-room.png',
      developer: { name: 'Board Room Inc.', publisherId: null, website: 'https://boardroom.example/' },
      categories: ['BusinessApplication', 'Meetings'],
      worksWith: ['Web', 'iOS'],
      version: '3.0',
      users: { metric: 'installs', value: 55_100, bound: 'exact' },
      rating: 4.55,
      ratingCount: { value: 1204, bound: 'exact' },
      pricing: {
        kind: 'free_with_paid_features',
        text: null,
        lowestPaidTier: { amount: '12.5', currency: 'EUR', per: 'month' },
      },
      createdAt: '2020-02-03',
      updatedAt: '2026-10-01',
    });
    expect(origins).toMatchObject({ name: 'embedded', summary: 'meta', rating: 'embedded' });
    expect(read(readFixture('generic/2026-11-01/price-list.html')).facts.pricing).toEqual({
      kind: 'paid',
      text: null,
      lowestPaidTier: { amount: '49.9', currency: 'CHF', per: 'once' },
    });
  });

  test('is read by its head where it has no data, or none that is JSON', () => {
    const { facts, origins } = read(readFixture('generic/paper-clip.html'));
    expect(facts).toMatchObject({
      name: 'Paper Clip',
      summary: 'Clips.',
      featuredImageUrl: 'https://directory.example.com/img/clip.png',
      rating: null,
      pricing: null,
    });
    expect(origins).toMatchObject({ name: 'meta', rating: null });
  });

  test('is never taken for another page than the one that was asked for, nor its author for a company', () => {
    const { facts } = read(
      `<link rel="canonical" href="https://elsewhere.example.org/y">${withData({ '@type': 'SoftwareApplication', name: 'N', author: { '@type': 'Person', name: 'Some Body' } })}`,
    );
    expect([facts.externalId, facts.url, facts.developer]).toEqual([address, address, null]);
  });

  test.each([
    ['a rating outside of its scale', { aggregateRating: { ratingValue: 9, ratingCount: 3 } }, { rating: null }],
    [
      'a rating by nobody',
      { aggregateRating: { ratingValue: 0, ratingCount: 0 } },
      { rating: null, ratingCount: { value: 0, bound: 'exact' } },
    ],
    [
      'a price without a currency',
      { offers: { price: '5' } },
      { pricing: { kind: 'paid', text: null, lowestPaidTier: null } },
    ],
    ['a price that is none', { offers: { price: 'on request' } }, { pricing: null }],
    ['nothing', {}, { rating: null, users: null, pricing: null, categories: null }],
  ])('that states %s is read for what is certain', (_what, stated, expected) => {
    expect(read(withData([{ '@type': 'Product', name: 'P', ...stated }])).facts).toMatchObject(expected);
  });

  test('is not read where it has no name', () => {
    for (const body of ['', 'text', '<html><body><h1>x</h1></body></html>', '<title> </title>'])
      expect(() => read(body)).toThrow(UnreadablePage);
    expect(() => generic.read(pageOf({ url: address, body: '', status: 403 }))).toThrow(UnreadablePage);
  });
});
