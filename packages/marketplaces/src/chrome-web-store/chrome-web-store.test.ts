import { describe, expect, test } from 'vitest';
import { ConnectorSettingsError, UnreadablePage } from '../connector.ts';
import { crawlFixtures } from '../testing/crawl-fixtures.ts';
import { fixtureSite, readFixture } from '../testing/fixture-site.ts';
import { pageOf } from '../testing/page-of.ts';
import { chromeWebStore } from './index.ts';

const tidyTabs = 'ofadgkplmhbecinjofadgkplmhbecinj';
const text = (file: string) => new TextDecoder().decode(readFixture(`chrome-web-store/${file}`));
const read = (body: string | Uint8Array, externalId?: string) => {
  const [plugin] = chromeWebStore.read(
    pageOf({
      url: 'https://chromewebstore.google.com/detail/x',
      body,
      ...(externalId === undefined ? {} : { externalId }),
    }),
  ).plugins;
  if (plugin === undefined) throw new Error('nothing was read');
  return plugin;
};
const named = (day: '2026-11-01' | '2026-11-02' | '2026-11-03') =>
  new Map(
    crawlFixtures(chromeWebStore, {}, fixtureSite(day)).plugins.map((plugin) => [plugin.facts.externalId, plugin]),
  );

describe('the Chrome Web Store', () => {
  test('is discovered by its sitemap and the shards, each item once', () => {
    const { requests, plugins, unreadable } = crawlFixtures(chromeWebStore, {}, fixtureSite());
    expect(requests.map(({ kind, url }) => [kind, url.replace('https://chromewebstore.google.com', '')])).toEqual([
      ['index', '/sitemap'],
      ['index', '/sitemap?shard=0'],
      ['index', '/sitemap?shard=1'],
      ['item', '/detail/tidy-tabs/ofadgkplmhbecinjofadgkplmhbecinj?hl=en'],
      ['item', '/detail/quill-notes/kcbjeoamnfhdlpigkcbjeoamnfhdlpig?hl=en'],
      ['item', '/detail/pixel-ruler/hgfedcbaponmlkjihgfedcbaponmlkji?hl=en'],
      ['item', '/detail/vanished-helper/mmnnooppaabbccddeeffgghhiijjkkll?hl=en'],
      ['item', '/detail/harbor-sync/pabcdefghijklmnopabcdefghijklmno?hl=en'],
      ['item', '/detail/lost-layout/ddccbbaahhggffeellkkjjiipponnmmo?hl=en'],
    ]);
    expect(plugins).toHaveLength(6);
    expect(unreadable).toEqual([]);
  });

  test('may be asked for single items, in another language', () => {
    expect(chromeWebStore.start({ ids: [tidyTabs], language: 'de' })).toEqual([
      {
        key: `https://chromewebstore.google.com/detail/${tidyTabs}`,
        kind: 'item',
        method: 'GET',
        url: `https://chromewebstore.google.com/detail/${tidyTabs}?hl=de`,
        externalId: tidyTabs,
      },
    ]);
    expect(chromeWebStore.start({ ids: [tidyTabs], sitemap: true })).toHaveLength(2);
    const [, item] = crawlFixtures(chromeWebStore, { ids: [tidyTabs], sitemap: false }, fixtureSite()).requests;
    expect(item).toBeUndefined();
  });

  test.each([{ ids: ['zz'] }, { ids: 'x' }, { sitemap: 1 }, { language: '../' }, { sitmap: true }])(
    'refuses settings that do not fit: %j',
    (settings) => {
      expect(() => chromeWebStore.start(settings)).toThrow(ConnectorSettingsError);
      expect(() => chromeWebStore.start(settings)).toThrow(new RegExp(`^${Object.keys(settings)[0]}: `));
    },
  );

  test('tells of an item what its data says, exactly', () => {
    const plugin = read(text('2026-11-01/quill-notes.html'));
    expect(plugin.facts).toEqual({
      externalId: 'kcbjeoamnfhdlpigkcbjeoamnfhdlpig',
      availability: { state: 'available' },
      name: 'Quill Notes',
      slug: 'quill-notes',
      url: 'https://chromewebstore.google.com/detail/quill-notes/kcbjeoamnfhdlpigkcbjeoamnfhdlpig',
      logoUrl: 'https://lh3.googleusercontent.com/icon-quill-notes',
      featuredImageUrl: 'https://lh3.googleusercontent.com/promo-quill-notes',
      summary: 'Notes beside every page.',
      description:
        'Notes beside every page.\n\nMade for people who have too much open.\n\n• no account\n• no tracking\n\nQuestions: write to [e-mail] or see the support site.',
      developer: {
        name: 'Quill Labs, Inc.',
        publisherId: 'u0123456789abcdef0123456789abcdef',
        website: 'https://quillnotes.example/',
      },
      categories: ['productivity/tools'],
      tags: null,
      permissions: ['activeTab', 'storage', 'sidePanel', '<all_urls>'],
      worksWith: null,
      languages: ['English', 'Français', 'العربية', '日本語'],
      version: '5.0.1',
      manifestVersion: 3,
      sizeBytes: { value: 1_405_092, bound: 'at_least' },
      users: { metric: 'active_users', value: 300_000, bound: 'at_least' },
      rating: 4.731842105,
      ratingCount: { value: 9514, bound: 'exact' },
      pricing: null,
      featured: true,
      websiteUrl: 'https://quillnotes.example/',
      supportUrl: 'https://quillnotes.example/support',
      privacyPolicyUrl: 'https://quill-notes.example/privacy',
      createdAt: '2020-01-12T12:00:00.500Z',
      updatedAt: '2025-10-20T22:40:00.250Z',
    });
  });
  test('says where each field was read', () => {
    const { origins } = read(text('2026-11-01/tidy-tabs.html'));
    expect(origins).toMatchObject({
      name: 'embedded',
      users: 'embedded',
      rating: 'embedded',
      url: 'meta',
      slug: 'meta',
      version: 'embedded',
      featured: 'embedded',
    });
    expect(origins).not.toHaveProperty('pricing');
    expect(origins).not.toHaveProperty('tags');
  });

  test('leaves an item unrated that nobody rated, though the page shows 0 stars and the ratings of others', () => {
    for (const html of [text('2026-11-01/pixel-ruler.html'), withoutData(text('2026-11-01/pixel-ruler.html'))]) {
      const { facts } = read(html);
      expect([facts.rating, facts.ratingCount, facts.users?.value]).toEqual([null, null, 77]);
    }
  });

  test('reads the markup where the data is missing, and it says the same as far as it goes', () => {
    const [whole, bare] = [
      read(text('2026-11-01/tidy-tabs.html')),
      read(withoutData(text('2026-11-01/tidy-tabs.html'))),
    ];
    expect(bare.facts).toMatchObject({
      ...whole.facts,
      rating: 4.4,
      ratingCount: { value: 1000, bound: 'at_least' },
      featuredImageUrl: null,
      permissions: null,
      manifestVersion: null,
      createdAt: null,
      updatedAt: '2025-10-20',
      // an item of a verified host is offered by the host
      developer: null,
    });
    expect(bare.origins).toMatchObject({
      name: 'meta',
      users: 'markup',
      rating: 'markup',
      version: 'markup',
      description: 'markup',
      permissions: null,
      createdAt: null,
    });
  });

  test('does not read the labels of a page in another language', () => {
    const { facts, origins } = read(
      withoutData(text('2026-11-01/tidy-tabs.html')).replace('<html lang="en"', '<html lang="de"'),
    );
    expect(facts.name).toBe('Tidy Tabs');
    expect([facts.users, facts.rating, facts.featured, facts.version]).toEqual([null, null, null, null]);
    expect(origins.users).toBeNull();
  });

  test('tells of an item that is gone that it is, and no numbers', () => {
    const gone = named('2026-11-02').get('mmnnooppaabbccddeeffgghhiijjkkll');
    expect(gone?.facts.availability).toEqual({ state: 'unavailable', reason: 'no longer in the store' });
    expect(Object.values(gone?.facts ?? {}).filter((value) => value !== null)).toHaveLength(2);
    expect(gone?.origins).toEqual({});
    expect(named('2026-11-01').get('mmnnooppaabbccddeeffgghhiijjkkll')?.facts.users?.value).toBe(4000);
  });

  test('tells of a page with another layout only what is certain, and shows which fields are lost', () => {
    const [before, after] = [
      named('2026-11-02').get('pabcdefghijklmnopabcdefghijklmno'),
      named('2026-11-03').get('pabcdefghijklmnopabcdefghijklmno'),
    ];
    expect(before?.origins.users).toBe('embedded');
    expect(after?.facts.name).toBe('Harbor Sync');
    expect(after?.origins).toMatchObject({
      name: 'meta',
      users: null,
      rating: null,
      ratingCount: null,
      version: null,
      description: null,
    });
    expect([after?.facts.users, after?.facts.rating, after?.facts.ratingCount]).toEqual([null, null, null]);
  });

  test('reads nothing of a page that is none of an item', () => {
    expect(crawlFixtures(chromeWebStore, {}, fixtureSite('2026-11-03')).unreadable).toEqual([
      'https://chromewebstore.google.com/detail/lost-layout/ddccbbaahhggffeellkkjjiipponnmmo?hl=en',
    ]);
    expect(() => read(text('2026-11-01/tidy-tabs.html'), 'pabcdefghijklmnopabcdefghijklmno')).toThrow(
      'It is the page of another item.',
    );
    expect(() => read(text('2026-11-02/vanished-helper.html').replace('data:[5]', 'data:[13]'), tidyTabs)).toThrow(
      UnreadablePage,
    );
  });

  test('tells 404 and 410 apart from what says nothing of an item', () => {
    const answered = (status: number) =>
      chromeWebStore.read(pageOf({ url: `https://chromewebstore.google.com/detail/${tidyTabs}`, body: '', status }))
        .plugins;
    expect(answered(404)[0]?.facts.availability.state).toBe('unavailable');
    expect(answered(410)[0]?.facts.externalId).toBe(tidyTabs);
    expect(() => answered(403)).toThrow(UnreadablePage);
  });

  test('reads a page of the former store by its microdata', () => {
    const former = `<html><head><meta property="og:title" content="Tidy Tabs - Chrome Web Store"><meta property="og:url" content="https://chrome.google.com/webstore/detail/tidy-tabs/${tidyTabs}"></head><body><span><meta itemprop="interactionCount" content="UserDownloads:100.000+"/><meta itemprop="version" content="1.0.2"/></span><div itemprop="aggregateRating"><meta itemprop="ratingValue" content="4.47"/><meta itemprop="ratingCount" content="276"/></div></body></html>`;
    expect(read(former, tidyTabs).facts).toMatchObject({
      url: `https://chromewebstore.google.com/detail/tidy-tabs/${tidyTabs}`,
      users: { metric: 'active_users', value: 100_000, bound: 'at_least' },
      version: '1.0.2',
      rating: 4.47,
      ratingCount: { value: 276, bound: 'exact' },
    });
  });

  test('follows no address of another host, and no sitemap without items', () => {
    const index = (body: string) =>
      chromeWebStore.read(pageOf({ url: 'https://chromewebstore.google.com/sitemap', kind: 'index', body })).requests;
    const urls = (...all: readonly string[]) =>
      `<urlset>${all.map((url) => `<url><loc>${url}</loc></url>`).join('')}</urlset>`;
    expect(
      index(
        '<sitemapindex><sitemap><loc>https://evil.example/sitemap?shard=1</loc></sitemap><sitemap><loc>https://chromewebstore.google.com/sitemap?shard=1</loc></sitemap></sitemapindex>',
      ).map(({ url }) => url),
    ).toEqual(['https://chromewebstore.google.com/sitemap?shard=1']);
    expect(
      index(
        urls(
          `https://chromewebstore.google.com/detail/a/${tidyTabs}`,
          `https://evil.example/detail/a/${tidyTabs.replace('o', 'a')}`,
        ),
      ),
    ).toHaveLength(1);
    expect(() => index(urls('https://chromewebstore.google.com/category/extensions'))).toThrow(UnreadablePage);
  });

  test('counts a place that holds something of another kind as empty', () => {
    const page = text('2026-11-01/tidy-tabs.html');
    const shifted = page.replace(',4.412,1812,', ',1812,4.412,');
    expect(shifted).not.toBe(page);
    expect(read(shifted).facts).toMatchObject({ rating: 4.4, users: { value: 60_000 } });
    expect(read(shifted).origins).toMatchObject({ rating: 'markup', ratingCount: 'markup', users: 'embedded' });
  });
});

function withoutData(html: string): string {
  const bare = html.replace(/<script nonce="x">AF_initDataCallback\(\{key: 'ds:0'.*?<\/script>/s, '');
  expect(bare).not.toBe(html);
  return bare;
}
