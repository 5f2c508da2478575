import { describe, expect, test } from 'vitest';
import { chromeWebStore } from '../chrome-web-store/index.ts';
import { ConnectorSettingsError, UnreadablePage } from '../connector.ts';
import { generic } from '../generic/index.ts';
import { googleWorkspace } from '../google-workspace/index.ts';
import { crawlFixtures } from '../testing/crawl-fixtures.ts';
import { fixtureSite } from '../testing/fixture-site.ts';
import { pageOf } from '../testing/page-of.ts';

const id = 'ofadgkplmhbecinjofadgkplmhbecinj';
const addresses = [`https://chromewebstore.google.com/detail/tidy-tabs/${id}`];

describe('a backfill', () => {
  test('asks the archive which captures there are, and reads these with their own dates', () => {
    const { requests, plugins } = crawlFixtures(chromeWebStore, { history: { addresses } }, fixtureSite());
    expect(requests.map(({ kind, archivedAt, externalId }) => [kind, archivedAt, externalId])).toEqual([
      ['index', undefined, id],
      ['item', '2024-03-01T12:00:00.000Z', id],
      ['item', '2025-02-01T08:00:00.000Z', id],
    ]);
    expect(plugins.map(({ facts }) => [facts.externalId, facts.users?.value, facts.version])).toEqual([
      [id, 20_000, '1.9.0'],
      [id, 50_000, '2.2.0'],
    ]);
  });

  test('asks no host but the archive, unless other settings ask for more', () => {
    expect(chromeWebStore.hosts({ history: { addresses } })).toEqual(['web.archive.org']);
    expect(chromeWebStore.hosts({})).toEqual(['chromewebstore.google.com']);
    expect(chromeWebStore.hosts({ ids: [id], history: { addresses } })).toEqual([
      'chromewebstore.google.com',
      'web.archive.org',
    ]);
    expect(chromeWebStore.start({ ids: [id], history: { addresses } })).toHaveLength(2);
  });

  test('is of the plugin that the address tells, at the former store and in other marketplaces', () => {
    const idOf = (connector: typeof chromeWebStore, address: string) =>
      connector.start({ history: { addresses: [address] } })[0]?.externalId;
    expect(idOf(chromeWebStore, `https://chrome.google.com/webstore/detail/tidy-tabs/${id}`)).toBe(id);
    expect(idOf(googleWorkspace, 'https://workspace.google.com/marketplace/app/room_planner/555666777888')).toBe(
      '555666777888',
    );
    expect(idOf(generic, 'https://directory.example.com/apps/board-room')).toBe(
      'https://directory.example.com/apps/board-room',
    );
  });

  test('may be of a range, and thinned', () => {
    const [request] = chromeWebStore.start({
      history: { addresses, from: '2024-01-01', to: '2024-12-31', minimumDays: 7 },
    });
    expect(request?.url).toContain('&from=20240101&to=20241231');
    expect(request?.key).toMatch(/#days=7$/);
  });

  test.each([
    [{ addresses: ['https://example.com/'] }],
    [{ addresses: 'x' }],
    [{ addresses, from: '2024' }],
    [{ addresses, days: 3 }],
    ['all'],
    [[]],
    [{ addresses, minimumDays: 0 }],
  ])('refuses settings that do not fit: %j', (history) => {
    expect(() => chromeWebStore.start({ history })).toThrow(ConnectorSettingsError);
    expect(() => chromeWebStore.start({ history })).toThrow(/^history: /);
  });

  test('takes the archive’s own word for no page of the store', () => {
    const [, capture] = crawlFixtures(chromeWebStore, { history: { addresses } }, fixtureSite()).requests;
    if (!capture) throw new Error('no capture');
    for (const answer of [
      { url: capture.url, status: 404, body: 'not archived' },
      { url: capture.url, status: 403, body: 'excluded' },
      { url: capture.url.replace('20240301', '20240302'), body: '<html>' },
      { url: 'https://web.archive.org/', body: '<html>' },
    ])
      expect(() => chromeWebStore.read(pageOf(answer, capture))).toThrow(/^The archive answered/);
  });

  test('takes no capture for one that is said to be of the future', () => {
    const [request] = chromeWebStore.start({ history: { addresses } });
    const body = JSON.stringify([
      ['timestamp', 'original'],
      ...['20240101000000', '20990101000000'].map((time) => [time, addresses[0]]),
    ]);
    const { requests } = chromeWebStore.read(pageOf({ url: 'https://web.archive.org/cdx/', body }, request));
    expect(requests.map(({ archivedAt }) => archivedAt)).toEqual(['2024-01-01T00:00:00.000Z']);
  });

  test('refuses an index of captures that is none', () => {
    const [request] = chromeWebStore.start({ history: { addresses } });
    expect(() => chromeWebStore.read(pageOf({ url: 'https://web.archive.org/cdx/', body: '<html>' }, request))).toThrow(
      UnreadablePage,
    );
  });
});
