import { describe, expect, test } from 'vitest';
import { ConnectorSettingsError, UnreadablePage } from '../connector.ts';
import { crawlFixtures } from '../testing/crawl-fixtures.ts';
import { fixtureSite, readFixture } from '../testing/fixture-site.ts';
import { pageOf } from '../testing/page-of.ts';
import { firefoxAddons } from './index.ts';
import { localized } from './localized.ts';

const url = 'https://addons.mozilla.org/api/v5/addons/';
const read = (file: string, status = 200) =>
  firefoxAddons.read(pageOf({ url, body: readFixture(`firefox-addons/${file}`), status, externalId: '700008' }))
    .plugins;

describe('Firefox add-ons', () => {
  test('are found page by page, most used first', () => {
    const { requests, plugins } = crawlFixtures(firefoxAddons, { pageSize: 3 }, fixtureSite());
    expect(requests).toHaveLength(2);
    expect(plugins.map(({ facts }) => [facts.name, facts.users?.value, facts.rating])).toEqual([
      ['Gentle Blocker', 412_345, 4.6512],
      ['Lampe de lecture', 88_211, 4.1],
      ['Tab Shelf', 5120, 3.85],
      ['Word Counter', 903, 4.9],
      ['Empty Drawer', 0, null],
    ]);
  });

  test('are asked for by type, category, tag and words, or one by one', () => {
    const [search] = firefoxAddons.start({
      types: ['statictheme'],
      category: 'nature',
      tag: 'dark',
      query: 'a&b',
      minimumUsers: 10,
      app: 'android',
      sort: 'updated',
    });
    expect(search?.url).toBe(
      `${url}search/?app=android&type=statictheme&category=nature&tag=dark&q=a%26b&users__gte=10&sort=updated&page_size=50&page=1`,
    );
    expect(firefoxAddons.start({ types: ['extension', 'dictionary'] })).toHaveLength(2);
    expect(
      firefoxAddons
        .start({ addons: ['700001', 'gentle-blocker', '{x@y}'] })
        .map((request) => [request.url, request.externalId]),
    ).toEqual([
      [`${url}addon/700001/`, '700001'],
      [`${url}addon/gentle-blocker/`, undefined],
      [`${url}addon/%7Bx%40y%7D/`, undefined],
    ]);
  });

  test.each([{ pageSize: 51 }, { types: ['app'] }, { addons: ['../x'] }, { sort: 'name' }, { query: 'x'.repeat(101) }])(
    'refuse settings that do not fit: %j',
    (settings) => {
      expect(() => firefoxAddons.start(settings)).toThrow(ConnectorSettingsError);
    },
  );

  test('say what the API says of them', () => {
    const [addon] = read('detail.json');
    expect(addon?.facts).toMatchObject({
      externalId: '700001',
      slug: 'gentle-blocker',
      url: 'https://addons.mozilla.org/en-US/firefox/addon/gentle-blocker/',
      description: 'Quiet pages.\nfast\nsmall',
      developer: { name: 'gentle-blocker makers', publisherId: '700011', website: null },
      categories: ['privacy-security'],
      tags: ['quiet'],
      permissions: ['storage', 'tabs', '<all_urls>'],
      worksWith: ['firefox', 'android'],
      version: '1.0.2',
      sizeBytes: { value: 995_591, bound: 'exact' },
      users: { metric: 'average_daily_users', value: 412_345, bound: 'exact' },
      pricing: { kind: 'free', text: null, lowestPaidTier: null },
      featured: true,
      websiteUrl: 'https://gentle.example/',
      supportUrl: 'https://gentle-blocker.example/support',
      createdAt: '2019-05-04T09:54:24.000Z',
      updatedAt: '2026-10-10T13:32:46.000Z',
    });
    expect(new Set(Object.values(addon?.origins ?? {}))).toEqual(new Set(['api']));
    expect(JSON.stringify(addon)).not.toContain('help@example.com');
  });

  test('are read in the shapes of before as well', () => {
    const older = {
      id: 1,
      slug: 'x',
      name: 'Plain',
      categories: { firefox: ['tabs'], android: ['tabs', 'other'] },
      homepage: { 'en-US': 'https://x.example/' },
      promoted: { category: 'line', apps: [] },
      current_version: { version: '2', files: [{ size: 5, permissions: ['tabs'] }] },
      contributions_url: '',
      ratings: { average: 0, count: 0 },
    };
    const [addon] = firefoxAddons.read(pageOf({ url, body: JSON.stringify(older) })).plugins;
    expect(addon?.facts).toMatchObject({
      name: 'Plain',
      categories: ['tabs', 'other'],
      websiteUrl: 'https://x.example/',
      featured: true,
      permissions: ['tabs'],
      sizeBytes: { value: 5 },
      rating: null,
      users: null,
    });
  });

  test('that were disabled, withheld or never were say so', () => {
    expect(read('disabled.json', 401)[0]?.facts.availability).toEqual({
      state: 'closed',
      reason: 'disabled by Mozilla',
      closedOn: null,
    });
    expect(read('not-found.json', 404)[0]?.facts.availability).toEqual({ state: 'unavailable', reason: 'not found' });
    expect(read('not-found.json', 451)[0]?.facts.availability).toEqual({
      state: 'unavailable',
      reason: 'withheld for legal reasons',
    });
    const disabled = JSON.stringify({ id: 700_008, slug: 'x', name: 'X', is_disabled: true });
    expect(firefoxAddons.read(pageOf({ url, body: disabled })).plugins[0]?.facts.availability.state).toBe('closed');
  });

  test('are not made of an answer in another shape', () => {
    for (const body of [
      '{}',
      '[]',
      'null',
      '{"results":[{}]}',
      '{"results":[1]}',
      '<html>',
      '{"id":"1","slug":"x"}',
      new TextDecoder().decode(readFixture('firefox-addons/broken.json')),
    ])
      expect(() => firefoxAddons.read(pageOf({ url, body }))).toThrow(UnreadablePage);
    expect(firefoxAddons.read(pageOf({ url, body: '{"results":[]}', kind: 'index' })).plugins).toEqual([]);
  });

  test('lead to no other host, wherever the next page is said to be', () => {
    const next = (address: unknown) =>
      firefoxAddons.read(pageOf({ url, kind: 'index', body: JSON.stringify({ results: [], next: address }) })).requests;
    expect(next('https://addons.mozilla.org/api/v5/addons/search/?page=2')).toHaveLength(1);
    for (const address of [
      'https://evil.example/api/v5/addons/search/?page=2',
      'http://addons.mozilla.org/api/v5/addons/search/?page=2',
      'https://addons.mozilla.org.evil.example/api/v5/addons/search/?',
      '//x',
      7,
      null,
    ])
      expect(next(address)).toEqual([]);
  });
});

test('a translated text is the English one, else that of its default, else any', () => {
  expect(localized({ 'en-US': 'a', de: 'b' }, 'de')).toBe('a');
  expect(localized({ fr: 'a', de: 'b' }, 'de')).toBe('b');
  expect(localized({ 'en-US': null, _default: 'fr', fr: 'c' }, null)).toBe('c');
  expect(localized({ pl: 'd' }, 'de')).toBe('d');
  expect(localized('e', null)).toBe('e');
  for (const nothing of [null, undefined, '', {}, [], 5, { _default: 'fr' }, { __proto__: null }])
    expect(localized(nothing, 'en')).toBeNull();
});
