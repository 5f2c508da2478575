import { describe, expect, test } from 'vitest';
import { corpusFile, corpusFiles } from '../testing/corpus.ts';
import { outlineOf } from '../testing/outline.ts';
import { pageOf } from '../testing/page-of.ts';
import { googleWorkspace } from './index.ts';

const folder = 'google-workspace';
const files = corpusFiles(folder);

/** Read off the pages. */
const expected: Readonly<Record<string, unknown>> = {
  'Calamari.html': {
    externalId: '428704666266',
    availability: { state: 'available' },
    name: 'Calamari',
    slug: 'calamari',
    url: 'https://workspace.google.com/marketplace/app/calamari/428704666266',
    logoUrl:
      'https://lh5.googleusercontent.com/-oLWY9PD6b5w/U_MVhYVsSCI/AAAAAAAAADQ/a33ioS_UCVY/s0/calamari_128x128_kolor.png',
    featuredImageUrl:
      'https://lh3.googleusercontent.com/9MReo6ZoloGfmb28DdImDYl_rubN6I1uukjUrjnN1ftlFYGe8H5qFskKi4qpXoReOFl33sXRNg=s220-w220-h140-nd',
    summary: 'Modern leave and attendance management. Remote work, time off management and clock-in with iBeacons.',
    permissions: [
      'See, edit, share, and permanently delete all the calendars you can access using Google Calendar',
      'See info about users on your domain',
      'See your primary Google Account email address',
      "See your personal info, including any personal info you've made publicly available",
    ],
    users: { value: 103974, bound: 'exact', metric: 'installs' },
    rating: 5,
    ratingCount: { value: 10, bound: 'exact' },
    pricing: { kind: 'free_trial', text: 'Free of charge trial', lowestPaidTier: null },
    websiteUrl: 'https://calamari.io/',
    supportUrl: 'https://help.calamari.io/',
    privacyPolicyUrl: 'https://calamari.io/privacy-policy',
    updatedAt: '2023-04-06T07:58:30.147Z',
    description: 'Calamari helps businesse…2531…ore details.',
    developer: ['c…11', null, 'h…20'],
  },
  'google_workspace-keyword_mapping.html': {
    externalId: '998521141704',
    availability: { state: 'available' },
    name: 'Keyword Mapping',
    logoUrl:
      'https://lh3.googleusercontent.com/-e_Rf66SdWMs/XwL27piGHLI/AAAAAAAAAAU/464BleTD12ImTeg5Rr6cGIjkQ-JKnvc7ACLcBGAsYHQ/s400/keyword-mapping.png',
    summary:
      "With your keywords and this Keyword Mapping addon, it’s easy to grow your organic traffic. Get instant, raw idea insights, that you can't see from Keywords along with Volume.",
    permissions: [
      'View and manage spreadsheets that this application has been installed in',
      'Display and run third-party web content in prompts and sidebars inside Google applications',
      'Connect to an external service',
      'See your primary Google Account email address',
      "See your personal info, including any personal info you've made publicly available",
    ],
    worksWith: ['sheets'],
    users: { value: 3000, bound: 'at_least', metric: 'installs' },
    rating: 3.13,
    ratingCount: { value: 8, bound: 'exact' },
    pricing: { kind: 'unknown', text: 'Not available', lowestPaidTier: null },
    supportUrl: 'https://www.onpageseo.tools/contact/',
    privacyPolicyUrl: 'https://www.onpageseo.tools/privacy-policy/',
    description: 'With your keywords and t…743…really want.',
    developer: ['w…19', null, 'h…28'],
  },
};

describe.skipIf(files.length === 0)('real pages of the Google Workspace Marketplace', () => {
  test.each(files)('%s is read to the facts that it shows', (name) => {
    const url = `file:///${name}`;
    const { plugins, requests } = googleWorkspace.read(pageOf({ url, body: corpusFile(folder, name) }));
    expect(requests).toEqual([]);
    expect(plugins.map(outlineOf)).toEqual([expected[name]]);
  });
});
