import { describe, expect, test } from 'vitest';
import { corpusFile, corpusFiles } from '../testing/corpus.ts';
import { outlineOf } from '../testing/outline.ts';
import { pageOf } from '../testing/page-of.ts';
import { firefoxAddons } from './index.ts';

const folder = 'amo';
const files = corpusFiles(folder);

/** Read off the pages. */
const expected: Readonly<Record<string, unknown>> = {
  'amo-api-response-tabby.json': {
    externalId: '502774',
    availability: { state: 'available' },
    name: 'tabby cat',
    slug: 'tabby-catextension',
    url: 'https://addons-dev.allizom.org/en-US/firefox/addon/tabby-catextension/',
    logoUrl: 'https://addons-dev-cdn.allizom.org/user-media/addon_icons/502/502774-64.png?modified=f289a992',
    summary: 'tabby cattabby cattabby cattabby cattabby cat',
    categories: ['feeds-news-blogging'],
    tags: [],
    permissions: [],
    worksWith: ['firefox', 'android'],
    version: '1.0.2',
    sizeBytes: { value: 295590, bound: 'exact' },
    users: { value: 0, bound: 'exact', metric: 'average_daily_users' },
    rating: 4.5,
    ratingCount: { value: 2, bound: 'exact' },
    pricing: { kind: 'free', text: null, lowestPaidTier: null },
    featured: true,
    createdAt: '2018-12-04T09:54:24.000Z',
    updatedAt: '2019-06-14T13:32:46.000Z',
    description: 'Testing search again…20…search again',
    developer: ['<…23', '1…8', null],
  },
};

describe.skipIf(files.length === 0)('a real answer of the Firefox add-ons API', () => {
  test.each(files)('%s is read to the facts that it shows', (name) => {
    const url = `file:///${name}`;
    const { plugins, requests } = firefoxAddons.read(pageOf({ url, body: corpusFile(folder, name) }));
    expect(requests).toEqual([]);
    expect(plugins.map(outlineOf)).toEqual([expected[name]]);
  });
});
