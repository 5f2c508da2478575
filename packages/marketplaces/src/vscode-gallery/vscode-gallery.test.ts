import { describe, expect, test } from 'vitest';
import { ConnectorSettingsError, UnreadablePage } from '../connector.ts';
import { crawlFixtures } from '../testing/crawl-fixtures.ts';
import { fixtureSite, readFixture } from '../testing/fixture-site.ts';
import { pageOf } from '../testing/page-of.ts';
import { openVsx, vscodeGallery } from './index.ts';

const url = 'https://marketplace.visualstudio.com/_apis/public/gallery/extensionquery';
const [list] = vscodeGallery.start({ pageSize: 2 });
const read = (body: string | Uint8Array, request = list) =>
  vscodeGallery.read(pageOf({ url, body, kind: 'index' }, request));

describe('extensions of Visual Studio Code', () => {
  test('are found page by page, with one request for each', () => {
    const { requests, plugins } = crawlFixtures(vscodeGallery, { pageSize: 2 }, fixtureSite());
    expect(requests.map(({ method, key }) => [method, key.replace(url, '')])).toEqual([
      ['POST', '#8=Microsoft.VisualStudio.Code&12=4096&sort=4&size=2&page=1'],
      ['POST', '#8=Microsoft.VisualStudio.Code&12=4096&sort=4&size=2&page=2'],
    ]);
    expect(plugins.map(({ facts }) => facts.externalId)).toEqual([
      'cedarworks.cedar-yaml',
      'mapletools.maple-theme',
      'newcomer.first-steps',
    ]);
  });

  test('are of one marketplace or of the other, each with hosts and addresses of its own', () => {
    const { requests, plugins } = crawlFixtures(openVsx, {}, fixtureSite());
    expect(requests[0]?.url).toBe('https://open-vsx.org/vscode/gallery/extensionquery');
    expect(plugins[0]?.facts).toMatchObject({
      externalId: 'cedarworks.cedar-yaml',
      url: 'https://open-vsx.org/extension/cedarworks/cedar-yaml',
      users: { value: 20_100 },
    });
    expect([openVsx.hosts({}), vscodeGallery.hosts({})]).toEqual([['open-vsx.org'], ['marketplace.visualstudio.com']]);
  });

  test('are asked for by words and category, or one by one; the answer for one that there is not is empty', () => {
    const [search] = vscodeGallery.start({ search: 'yaml', category: 'Linters', sort: 'updated' });
    expect(JSON.parse(search?.body ?? '')).toMatchObject({
      filters: [
        {
          criteria: [
            { filterType: 8 },
            { filterType: 10, value: 'yaml' },
            { filterType: 5, value: 'Linters' },
            { filterType: 12 },
          ],
          pageNumber: 1,
          pageSize: 100,
          sortBy: 1,
        },
      ],
    });
    const { plugins } = crawlFixtures(vscodeGallery, { extensions: ['nobody.nothing'] }, fixtureSite());
    expect(plugins[0]?.facts).toMatchObject({
      externalId: 'nobody.nothing',
      availability: { state: 'unavailable', reason: 'not found' },
    });
  });

  test.each([{ pageSize: 0 }, { extensions: ['nodot'] }, { sort: 'name' }, { endpoint: 'https://x.example' }])(
    'refuse settings that do not fit: %j',
    (settings) => {
      expect(() => vscodeGallery.start(settings)).toThrow(ConnectorSettingsError);
    },
  );

  test('say what the gallery says of them; builds for several platforms are one version', () => {
    const [cedar, maple] = read(readFixture('vscode-gallery/2026-11-01/page-1.json')).plugins;
    expect(cedar?.facts).toMatchObject({
      name: 'Cedar YAML',
      slug: 'cedarworks.cedar-yaml',
      url: 'https://marketplace.visualstudio.com/items?itemName=cedarworks.cedar-yaml',
      developer: { name: 'Cedar Works', website: 'https://cedar.example/' },
      categories: ['Programming Languages', 'Linters'],
      tags: ['yaml'],
      version: '1.4.0',
      users: { metric: 'installs', value: 2_010_345, bound: 'exact' },
      rating: 4.3333335,
      ratingCount: { value: 121, bound: 'exact' },
      pricing: { kind: 'free', text: 'Free', lowestPaidTier: null },
      websiteUrl: 'https://git.example/cedarworks/cedar-yaml',
      createdAt: '2021-03-04T05:06:07.000Z',
    });
    // a domain that was not verified is nobody's website
    expect(maple?.facts).toMatchObject({
      externalId: 'mapletools.maple-theme',
      slug: 'MapleTools.Maple-Theme',
      developer: { website: null },
      pricing: null,
    });
  });

  test('without statistics have none, rather than zeros', () => {
    const newcomer = crawlFixtures(vscodeGallery, { pageSize: 2 }, fixtureSite()).plugins[2];
    expect([newcomer?.facts.users, newcomer?.facts.rating, newcomer?.facts.ratingCount]).toEqual([null, null, null]);
    expect(newcomer?.origins).toMatchObject({ users: null, rating: null });
  });

  test('that are unpublished say so, and previews are not their version', () => {
    const extension = {
      publisher: { publisherName: 'a' },
      extensionName: 'b',
      flags: 'unpublished, public',
      versions: [
        { version: '2', properties: [{ key: 'Microsoft.VisualStudio.Code.PreRelease', value: 'true' }] },
        { version: '1' },
      ],
    };
    const [plugin] = read(JSON.stringify({ results: [{ extensions: [extension] }] })).plugins;
    expect(plugin?.facts).toMatchObject({
      availability: { state: 'closed', reason: 'unpublished' },
      version: '1',
      name: 'b',
    });
  });

  test('are not made of an answer in another shape', () => {
    for (const body of [
      '{}',
      '[]',
      'null',
      '{"results":[]}',
      '{"results":[{"extensions":{}}]}',
      new TextDecoder().decode(readFixture('vscode-gallery/broken.json')),
    ])
      expect(() => read(body)).toThrow(UnreadablePage);
  });

  test('end where their pages do, however many are promised', () => {
    const answer = (extensions: readonly unknown[], count: number) =>
      JSON.stringify({
        results: [
          {
            extensions,
            resultMetadata: [{ metadataType: 'ResultCount', metadataItems: [{ name: 'TotalCount', count }] }],
          },
        ],
      });
    const extension = { publisher: { publisherName: 'a' }, extensionName: 'b' };
    expect(read(answer([extension], 3)).requests).toHaveLength(1);
    expect(read(answer([extension, extension], 2)).requests).toEqual([]);
    expect(read(answer([], 1e9)).requests).toEqual([]);
    expect(
      list &&
        read(answer([extension], 1e9), {
          ...list,
          body: list.body?.replace('"pageNumber":1', '"pageNumber":10000') ?? '',
        }).requests,
    ).toEqual([]);
  });
});
