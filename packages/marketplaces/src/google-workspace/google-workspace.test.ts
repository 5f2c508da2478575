import { describe, expect, test } from 'vitest';
import { ConnectorSettingsError, UnreadablePage } from '../connector.ts';
import { crawlFixtures } from '../testing/crawl-fixtures.ts';
import { fixtureDays, fixtureSite, readFixture } from '../testing/fixture-site.ts';
import { pageOf } from '../testing/page-of.ts';
import { googleWorkspace } from './index.ts';

const saved = (name: string) => new TextDecoder().decode(readFixture(`google-workspace/saved/${name}.html`));
const read = (body: string, url = 'file:///saved.html') => {
  const [plugin] = googleWorkspace.read(pageOf({ url, body })).plugins;
  if (plugin === undefined) throw new Error('nothing was read');
  return plugin;
};

describe('the Google Workspace Marketplace', () => {
  test('is not crawled by default, and asks for nothing that no setting names', () => {
    expect(googleWorkspace.crawledByDefault).toBe(false);
    expect(googleWorkspace.start({})).toEqual([]);
  });

  test('finds apps in categories and in the sitemap where an operator names these, and never asks the search', () => {
    const { requests, plugins } = crawlFixtures(
      googleWorkspace,
      { categories: ['productivity'], sitemap: true },
      fixtureSite(),
    );
    expect(requests.map(({ url }) => url)).toEqual([
      'https://workspace.google.com/marketplace/sitemap.xml',
      'https://workspace.google.com/marketplace/category/productivity',
      'https://workspace.google.com/marketplace/app/ledger_for_sheets/100200300400',
      'https://workspace.google.com/marketplace/app/room_planner/555666777888',
      'https://workspace.google.com/marketplace/app/quiet_mailer/999000111222',
    ]);
    expect(plugins.map(({ facts }) => facts.name)).toEqual(['Ledger for Sheets', 'Room Planner', 'Quiet Mailer']);
    expect(googleWorkspace.start({ apps: ['12'] })[0]?.url).toBe('https://workspace.google.com/marketplace/app/_/12');
  });

  test.each([{ apps: ['x'] }, { categories: ['../search/x'] }, { sitemap: 'yes' }, { search: 'x' }])(
    'refuses settings that do not fit: %j',
    (settings) => {
      expect(() => googleWorkspace.start(settings)).toThrow(ConnectorSettingsError);
    },
  );

  test('reads a page that was saved as a whole by its data: the exact number of installs, not what is shown of it', () => {
    const { facts, origins } = read(saved('ledger-whole'));
    expect(facts).toMatchObject({
      externalId: '100200300400',
      name: 'Ledger for Sheets',
      slug: 'ledger_for_sheets',
      url: 'https://workspace.google.com/marketplace/app/ledger_for_sheets/100200300400',
      developer: { name: 'ledger.example', publisherId: null, website: 'https://ledger.example/' },
      users: { metric: 'installs', value: 103_974, bound: 'exact' },
      rating: 4.38,
      ratingCount: { value: 812, bound: 'exact' },
      pricing: { kind: 'free_with_paid_features', text: 'Free of charge with paid features', lowestPaidTier: null },
      worksWith: ['sheets', 'drive'],
      permissions: [
        'See, edit, create, and delete all your Google Sheets spreadsheets',
        'Connect to an external service',
        'See your primary Google Account email address',
      ],
      supportUrl: 'https://ledger-for-sheets.example/help',
      privacyPolicyUrl: 'https://ledger-for-sheets.example/privacy',
      updatedAt: '2023-04-06T07:58:30.147Z',
    });
    expect(origins).toMatchObject({
      users: 'embedded',
      pricing: 'markup',
      worksWith: 'markup',
      permissions: 'embedded',
    });
  });

  test('reads a page that was saved without its data by its markup, with bounds for what is rounded', () => {
    const { facts, origins } = read(saved('room-planner-fragment'));
    expect(facts).toMatchObject({
      externalId: '555666777888',
      name: 'Room Planner',
      summary: 'Plans rooms & desks.',
      description: 'Plans rooms & desks.\n\n• works offline\n• no account',
      developer: { name: 'Planner Oy', publisherId: null, website: null },
      users: { metric: 'installs', value: 3000, bound: 'at_least' },
      rating: 3.13,
      ratingCount: { value: 8, bound: 'exact' },
      worksWith: ['calendar'],
      updatedAt: '2022-11-08',
      slug: null,
      url: null,
    });
    expect(origins).toMatchObject({ users: 'markup', rating: 'markup' });
    // a page without its data has no place for these, so that it takes nothing from one that has
    expect(Object.keys(origins)).not.toContain('slug');
    expect(Object.keys(origins)).not.toContain('websiteUrl');
    expect(
      read(saved('room-planner-fragment'), 'https://workspace.google.com/marketplace/app/room_planner/555666777888')
        .facts.slug,
    ).toBe('room_planner');
  });

  test('says the same of an app by its markup as by its data, as far as the markup goes', () => {
    const whole = read(saved('ledger-whole'));
    const bare = read(saved('ledger-whole').replace(/<script>.*?<\/script>/gs, ''));
    expect(bare.facts).toMatchObject({
      ...whole.facts,
      users: { metric: 'installs', value: 103_000, bound: 'at_least' },
      slug: null,
      url: null,
      featuredImageUrl: null,
      websiteUrl: null,
      updatedAt: '2023-04-06',
    });
  });

  test('leaves an app unrated that nobody rated', () => {
    const { facts } = read(saved('quiet-mailer-unrated'));
    expect([facts.rating, facts.ratingCount, facts.pricing]).toEqual([
      null,
      { value: 0, bound: 'exact' },
      { kind: 'unknown', text: 'Not available', lowestPaidTier: null },
    ]);
  });

  test('keeps nothing of the visitor who saved the page, and nothing of reviews', () => {
    for (const name of ['ledger-whole', 'room-planner-fragment', 'quiet-mailer-unrated']) {
      expect(saved(name)).toContain('reviewer@example.com');
      expect(JSON.stringify(read(saved(name)))).not.toMatch(/Visitor|visitor|reviewer|Reviewer|avatar|1,000,000/);
    }
  });

  test('reads nothing of a page that is none of an app, or of two', () => {
    expect(() => read('<html><body><p>Sign in</p></body></html>')).toThrow(UnreadablePage);
    expect(() =>
      read(saved('ledger-whole').replace('data-app-id="100200300400" itemscope', 'data-app-id="1" itemscope')),
    ).toThrow('Its data is of one app and its markup of another.');
    expect(() =>
      googleWorkspace.read(pageOf({ url: 'file:///x', body: saved('ledger-whole'), externalId: '7' })),
    ).toThrow('It is the page of another app.');
  });

  test('tells an app that is gone', () => {
    const gone = googleWorkspace.read(
      pageOf({ url: 'https://workspace.google.com/marketplace/app/_/7', body: '', status: 404, externalId: '7' }),
    );
    expect(gone.plugins.map(({ facts }) => facts.availability.state)).toEqual(['unavailable']);
  });

  test('shows numbers that move from day to day', () => {
    const installs = fixtureDays.map(
      (day) =>
        crawlFixtures(googleWorkspace, { categories: ['productivity'] }, fixtureSite(day)).plugins[0]?.facts.users
          ?.value,
    );
    expect(installs).toEqual([103_974, 104_120, 104_377]);
  });
});
