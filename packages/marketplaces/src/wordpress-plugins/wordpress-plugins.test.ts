import { describe, expect, test } from 'vitest';
import { ConnectorSettingsError, UnreadablePage } from '../connector.ts';
import { crawlFixtures } from '../testing/crawl-fixtures.ts';
import { fixtureDays, fixtureSite, readFixture } from '../testing/fixture-site.ts';
import { pageOf } from '../testing/page-of.ts';
import { wordpressPlugins } from './index.ts';

const url = 'https://api.wordpress.org/plugins/info/1.2/';
const read = (body: string | Uint8Array, kind: 'index' | 'item' = 'item', status = 200) =>
  wordpressPlugins.read(pageOf({ url, body, kind, status, externalId: 'old-bridge' }));

describe('WordPress plugins', () => {
  test('are found page by page', () => {
    const { requests, plugins } = crawlFixtures(wordpressPlugins, { perPage: 3 }, fixtureSite());
    expect(requests.map((request) => decodeURIComponent(request.url).replace(url, ''))).toEqual([
      '?action=query_plugins&request[browse]=popular&request[per_page]=3&request[page]=1',
      '?action=query_plugins&request[browse]=popular&request[per_page]=3&request[page]=2',
    ]);
    expect(plugins.map(({ facts }) => facts.name)).toEqual([
      'Garden Forms – Contact & Survey',
      'Sea Cache',
      'New Lantern',
      'Map Pins',
    ]);
  });

  test('are asked for by what they are about, or one by one', () => {
    expect(decodeURIComponent(wordpressPlugins.start({ tag: 'forms', perPage: 250 })[0]?.url ?? '')).toBe(
      `${url}?action=query_plugins&request[tag]=forms&request[per_page]=250&request[page]=1`,
    );
    const { plugins } = crawlFixtures(
      wordpressPlugins,
      { slugs: ['garden-forms', 'old-bridge', 'never-was'] },
      fixtureSite(),
    );
    expect(plugins.map(({ facts }) => [facts.externalId, facts.availability])).toEqual([
      ['garden-forms', { state: 'available' }],
      ['old-bridge', { state: 'closed', reason: 'Security Issue', closedOn: '2026-10-05' }],
      ['never-was', { state: 'unavailable', reason: 'Plugin not found.' }],
    ]);
    expect(plugins[1]?.facts.name).toBe('Old Bridge & Tunnel');
    expect([plugins[1]?.facts.users, plugins[1]?.facts.rating]).toEqual([null, null]);
  });

  test.each([{ perPage: 251 }, { browse: 'all' }, { slugs: ['a b'] }, { tag: '&x=1' }])(
    'refuse settings that do not fit: %j',
    (settings) => {
      expect(() => wordpressPlugins.start(settings)).toThrow(ConnectorSettingsError);
    },
  );

  test('say what the API says of them, in our scales', () => {
    const [plugin] = read(readFixture('wordpress-plugins/information.json')).plugins;
    expect(plugin?.facts).toMatchObject({
      externalId: 'garden-forms',
      url: 'https://wordpress.org/plugins/garden-forms/',
      logoUrl: 'https://ps.w.org/garden-forms/assets/icon-256x256.png?rev=1',
      featuredImageUrl: 'https://ps.w.org/garden-forms/assets/banner-772x250.png',
      summary: 'What garden-forms is…',
      description: 'Garden Forms – Contact & Survey does it.\nsmall\nfast & safe',
      developer: { name: 'Garden Works, LLC', publisherId: 'gardenworks', website: 'https://garden.example/' },
      tags: ['form', 'contact form'],
      users: { metric: 'active_installs', value: 100_000, bound: 'at_least' },
      rating: 4.8,
      ratingCount: { value: 1215, bound: 'exact' },
      pricing: { kind: 'free_with_paid_features', text: 'commercial', lowestPaidTier: null },
      websiteUrl: 'https://garden.example/',
      supportUrl: 'https://garden.example/support',
      createdAt: '2017-07-26',
      updatedAt: '2026-10-11T07:41:00.000Z',
    });
  });

  test('that nobody rated or installed have no rating, and a bound of 0', () => {
    const lantern = crawlFixtures(wordpressPlugins, { perPage: 3 }, fixtureSite()).plugins[2]?.facts;
    expect(lantern).toMatchObject({
      rating: null,
      ratingCount: { value: 0, bound: 'exact' },
      users: { value: 0, bound: 'at_least' },
      pricing: null,
      updatedAt: '2026-10-31T00:05:00.000Z',
    });
    const [bare] = read('{"slug":"a","name":"A","homepage":"false","version":false}').plugins;
    expect(bare?.facts).toMatchObject({
      users: null,
      rating: null,
      ratingCount: null,
      websiteUrl: null,
      version: null,
      tags: null,
      developer: null,
    });
  });

  test('have in a list no place for what a list does not tell', () => {
    const [listed] = crawlFixtures(wordpressPlugins, { perPage: 3 }, fixtureSite()).plugins;
    expect(listed?.origins).toMatchObject({ users: 'api', summary: 'api' });
    expect(Object.keys(listed?.origins ?? {})).not.toContain('description');
    const [bare] = read('{"slug":"a","name":"A"}').plugins;
    expect(Object.keys(bare?.origins ?? {})).not.toContain('users');
    expect(read('{"slug":"a","name":"A","active_installs":"many"}').plugins[0]?.origins.users).toBeNull();
  });

  test('are not made of an answer in another shape', () => {
    for (const body of ['{}', '[]', 'null', 'a:1:{}', '{"error":"x"}']) {
      expect(() => read(body)).toThrow(UnreadablePage);
      expect(() => read(body, 'index')).toThrow(UnreadablePage);
    }
    expect(() => read(readFixture('wordpress-plugins/broken.json'), 'index')).toThrow(UnreadablePage);
    expect(() => read('{"error":"Invalid Input"}', 'item', 403)).toThrow(UnreadablePage);
  });

  test('end where their pages do, however many are promised', () => {
    const page = (number: number, pages: number, plugins: readonly unknown[]) =>
      wordpressPlugins.read(
        pageOf({
          url: `${url}?action=query_plugins&request%5Bpage%5D=${number}`,
          kind: 'index',
          body: JSON.stringify({ info: { page: 1, pages }, plugins }),
        }),
      ).requests;
    const plugin = { slug: 'a', name: 'A' };
    expect(page(1, 3, [plugin])[0]?.url).toContain('page%5D=2');
    expect(page(3, 3, [plugin])).toEqual([]);
    expect(page(999, 1e9, [plugin])).toEqual([]);
    expect(page(1, 1e9, [])).toEqual([]);
  });

  test('show numbers that move from day to day', () => {
    const users = fixtureDays.map(
      (day) => crawlFixtures(wordpressPlugins, { perPage: 3 }, fixtureSite(day)).plugins[0]?.facts.users?.value,
    );
    expect(users).toEqual([100_000, 100_000, 200_000]);
  });
});
