import { describe, expect, test } from 'vitest';
import { chromeWebStore } from '../chrome-web-store/index.ts';
import { corpusFile, corpusFiles } from '../testing/corpus.ts';
import { outlineOf } from '../testing/outline.ts';
import { pageOf } from '../testing/page-of.ts';

const folder = 'chrome-extension-manifests';
const files = corpusFiles(folder);

/** Read off the pages. */
const expected: Readonly<Record<string, unknown>> = {
  'aaaaahnmcjcoomdncaekjkjedgagpnln.json': {
    externalId: 'aaaaahnmcjcoomdncaekjkjedgagpnln',
    availability: { state: 'available' },
    name: 'Contextual Search for YouTube',
    url: 'https://chromewebstore.google.com/detail/aaaaahnmcjcoomdncaekjkjedgagpnln',
    summary:
      "Allows the user search YouTube for a term by highlighting text and selecting 'Search YouTube for...' from the right click menu.",
    categories: ['productivity/tools'],
    permissions: ['contextMenus'],
    languages: ['English'],
    version: '1.0.0.14',
    manifestVersion: 3,
    sizeBytes: { value: 13312, bound: 'at_least' },
    users: { metric: 'active_users', value: 908, bound: 'exact' },
    rating: 4.769230769230769,
    ratingCount: { value: 13, bound: 'exact' },
    updatedAt: '2022-07-31T10:26:25.000Z',
    developer: ['G…5', null, null],
  },
  'bhfgplecbnnaompcdbljfminapdjfbgn-comment.json': {
    externalId: 'bhfgplecbnnaompcdbljfminapdjfbgn',
    availability: { state: 'available' },
    name: 'technikkram.net',
    url: 'https://chromewebstore.google.com/detail/bhfgplecbnnaompcdbljfminapdjfbgn',
    summary:
      'Mit dieser praktischen App kommt man direkt auf technikkram.net und hier dreht sich alles rund um das Thema Technik.',
    categories: ['lifestyle/social'],
    permissions: [],
    languages: ['Deutsch'],
    version: '1.0',
    manifestVersion: 2,
    sizeBytes: { value: 18801, bound: 'at_least' },
    users: { metric: 'active_users', value: 4, bound: 'exact' },
    websiteUrl: 'https://www.technikkram.net/',
    updatedAt: '2013-05-24T08:34:04.000Z',
    developer: ['t…15', null, null],
  },
  'bhfgplecbnnaompcdbljfminapdjfbgn.json': {
    externalId: 'bhfgplecbnnaompcdbljfminapdjfbgn',
    availability: { state: 'available' },
    name: 'technikkram.net',
    slug: 'technikkramnet',
    url: 'https://chromewebstore.google.com/detail/bhfgplecbnnaompcdbljfminapdjfbgn',
    users: { metric: 'active_users', value: 4, bound: 'exact' },
    rating: 5,
    ratingCount: { value: 1, bound: 'exact' },
  },
  'efafbmknkaeomlcamfjihkonnbcmgefe.json': {
    externalId: 'efafbmknkaeomlcamfjihkonnbcmgefe',
    availability: { state: 'available' },
    name: 'Country Info New Tab',
    url: 'https://chromewebstore.google.com/detail/efafbmknkaeomlcamfjihkonnbcmgefe',
    summary:
      '--- Country Info New Tab --- By clicking "Add to Chrome," I accept and agree to installing the Extension and setting chrome new…',
    categories: ['productivity/education'],
    permissions: ['storage'],
    languages: ['English'],
    version: '1.0.0',
    manifestVersion: 3,
    sizeBytes: { value: 397312, bound: 'at_least' },
    users: { metric: 'active_users', value: 0, bound: 'exact' },
    privacyPolicyUrl: 'https://countryinfo-newtab.com/privacy',
    updatedAt: '2024-03-17T13:11:16.000Z',
    developer: ['D…12', null, null],
  },
  'jpodanhbbpcdfgpafdjhkojjbagbcmno.json': {
    externalId: 'jpodanhbbpcdfgpafdjhkojjbagbcmno',
    availability: { state: 'available' },
    name: 'Usetiful - Digital Adoption Platform',
    slug: 'usetiful-digital-adoption',
    url: 'https://chromewebstore.google.com/detail/jpodanhbbpcdfgpafdjhkojjbagbcmno',
    summary: 'Interactive product tours, smart tips and checklists for digital products.',
    categories: ['ext/7-productivity'],
    permissions: ['activeTab', 'storage'],
    version: '1.37',
    manifestVersion: 3,
    users: { metric: 'active_users', value: 4000, bound: 'at_least' },
    rating: 5,
    ratingCount: { value: 10, bound: 'exact' },
    websiteUrl: 'https://www.usetiful.com/',
    supportUrl: 'https://blog.usetiful.com/',
    updatedAt: '2023-04-24',
  },
  'mgcjmndhglkgjijpkogikbimefoiceno.json': {
    externalId: 'mgcjmndhglkgjijpkogikbimefoiceno',
    availability: { state: 'available' },
    name: "Tom's Hardware UK - My Threads",
    slug: 'toms-hardware-uk-my-threa',
    url: 'https://chromewebstore.google.com/detail/mgcjmndhglkgjijpkogikbimefoiceno',
    permissions: ['tabs', 'contextMenus', 'notifications', 'http://www.tomshardware.co.uk/'],
    version: '0.2.0.1',
    manifestVersion: 2,
    users: { metric: 'active_users', value: 1000, bound: 'at_least' },
    rating: 4.833333333333333,
    ratingCount: { value: 18, bound: 'exact' },
  },
};

describe.skipIf(files.length === 0)('real files of the manifests dataset', () => {
  test.each(files)('%s is read to the facts that it shows', (name) => {
    const url = `file:///${name}`;
    const { plugins, requests } = chromeWebStore.read(pageOf({ url, body: corpusFile(folder, name) }));
    expect(requests).toEqual([]);
    expect(plugins.map(outlineOf)).toEqual([expected[name]]);
  });
});
