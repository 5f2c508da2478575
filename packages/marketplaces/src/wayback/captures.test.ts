import { describe, expect, test } from 'vitest';
import { chromeWebStore } from '../chrome-web-store/index.ts';
import { UnreadablePage } from '../connector.ts';
import { fixturePage } from '../testing/crawl-fixtures.ts';
import { fixtureSite, readFixture } from '../testing/fixture-site.ts';
import { captureIndexUrl, captureRequests } from './captures.ts';

const id = 'ofadgkplmhbecinjofadgkplmhbecinj';
const address = `https://chromewebstore.google.com/detail/tidy-tabs/${id}`;
const index = new TextDecoder().decode(readFixture('wayback/tidy-tabs-cdx.json'));
const rows = (...times: readonly string[]) =>
  JSON.stringify([['timestamp', 'original'], ...times.map((time) => [time, 'https://example.com/'])]);

describe('captures of an archive', () => {
  test('become requests with their own dates, without a second one of the same day and without redirects', () => {
    expect(captureRequests(index, { externalId: id })).toEqual([
      {
        key: `https://web.archive.org/web/20240301120000id_/${address}`,
        kind: 'item',
        method: 'GET',
        url: `https://web.archive.org/web/20240301120000id_/${address}`,
        externalId: id,
        archivedAt: '2024-03-01T12:00:00.000Z',
      },
      {
        key: `https://web.archive.org/web/20250201080000id_/${address}`,
        kind: 'item',
        method: 'GET',
        url: `https://web.archive.org/web/20250201080000id_/${address}`,
        externalId: id,
        archivedAt: '2025-02-01T08:00:00.000Z',
      },
    ]);
  });

  test('are read as the pages that they were', () => {
    const plugins = captureRequests(index, { externalId: id }).flatMap((request) => {
      const page = fixturePage(request, fixtureSite());
      return chromeWebStore
        .read(page)
        .plugins.map(({ facts }) => [page.fetchedAt.toISOString(), facts.externalId, facts.users?.value, facts.rating]);
    });
    expect(plugins).toEqual([
      ['2024-03-01T12:00:00.000Z', id, 20_000, 4.2],
      ['2025-02-01T08:00:00.000Z', id, 50_000, 4.31],
    ]);
  });

  test('are asked for in a range, and thinned to one in as many days', () => {
    expect(captureIndexUrl(address, { from: '2023-01-01', to: '2024-12-31' })).toBe(
      `https://web.archive.org/cdx/search/cdx?url=${encodeURIComponent(address)}&output=json&collapse=digest&filter=statuscode%3A200&from=20230101&to=20241231`,
    );
    const times = captureRequests(rows('20240501000000', '20240101000000', '20240301000000', '20240420000000'), {
      minimumDays: 90,
    });
    expect(times.map(({ archivedAt }) => archivedAt?.slice(0, 10))).toEqual(['2024-01-01', '2024-04-20']);
  });

  test('are none where there are none, and where a time is none', () => {
    for (const answer of ['', ' \n', '[]', '[["timestamp","original"]]', rows('2024', 'x', '20241301000000')])
      expect(captureRequests(answer)).toEqual([]);
  });

  test.each(['<html>', '{}', '[["a"],["b"]]', '"x"', '[[]]', '['])('are not made of %s', (answer) => {
    expect(() => captureRequests(answer)).toThrow(UnreadablePage);
  });
});
