import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Connector, type CrawlRequest, type PageReading, UnreadablePage } from './connector.ts';
import { textLimits } from './reading/text.ts';
import { connectors } from './registry.ts';
import { fixturePage } from './testing/crawl-fixtures.ts';
import { fixtureSite, fixtureSources, readFixture } from './testing/fixture-site.ts';
import { pageOf } from './testing/page-of.ts';

const urls: Readonly<Record<string, string>> = {
  'chrome-web-store': 'https://chromewebstore.google.com/detail/ofadgkplmhbecinjofadgkplmhbecinj',
  'google-workspace': 'https://workspace.google.com/marketplace/app/x/100200300400',
  'firefox-addons': 'https://addons.mozilla.org/api/v5/addons/addon/1/',
  'wordpress-plugins': 'https://api.wordpress.org/plugins/info/1.2/?request%5Bpage%5D=1',
  'vscode-gallery': 'https://marketplace.visualstudio.com/_apis/public/gallery/extensionquery',
  'open-vsx': 'https://open-vsx.org/vscode/gallery/extensionquery',
  generic: 'https://directory.example.com/apps/x',
};

/** A reading, or that it is refused: anything else is thrown on and fails the test. */
function read(
  connector: Connector,
  body: string | Uint8Array,
  kind: CrawlRequest['kind'],
  status = 200,
): PageReading | 'unreadable' {
  try {
    return connector.read(pageOf({ url: urls[connector.name] ?? '', body, kind, status }));
  } catch (error) {
    if (error instanceof UnreadablePage) return 'unreadable';
    throw error;
  }
}

const ten = 10_000_000;
const times = (text: string) => text.repeat(Math.floor(ten / text.length));
/** What takes more than linear time takes minutes with it already. */
const mega = (text: string) => text.repeat(Math.floor((1 << 20) / text.length));

const bodies: Readonly<Record<string, () => string>> = {
  nothing: () => '',
  '10 MB of <': () => times('<'),
  '1 MB of <': () => mega('<'),
  '1 MB of NUL': () => mega('\0'),
  '1 MB of spaces': () => mega(' '),
  '1 MB of line breaks': () => mega('\r\n'),
  '1 MB of &': () => mega('&'),
  '1 MB of open brackets': () => mega('['),
  '1 MB of open objects': () => mega('{"a":'),
  '1 MB of quotes': () => mega('"'),
  '1 MB of backslashes in a string': () => `"${mega('\\').slice(2)}"`,
  '1 MB of open elements': () => mega('<div>'),
  '1 MB of end tags without start': () => `${'<div>'.repeat(250)}${mega('</x>').slice(4000)}`,
  '1 MB of open comments': () => mega('<!--'),
  '1 MB of attributes': () => `<a ${mega('x=y ').slice(8)}>`,
  '1 MB of an open attribute': () => `<a x="${mega('x').slice(8)}`,
  '1 MB of a script': () => `<script>AF_initDataCallback({key: 'ds:0', data:${mega('[').slice(80)}</script>`,
  '1 MB of colons in a script': () => `<script>AF_initDataCallback({${mega(':,').slice(80)}</script>`,
  '1 MB of blocks': () => mega("<script>AF_initDataCallback({key: 'ds:9', data:[]});</script>"),
  '1 MB of JSON-LD': () => mega('<script type="application/ld+json">{"@graph":[{}]}</script>'),
  '1 MB of links': () => mega('<a href="./detail/a/ofadgkplmhbecinjofadgkplmhbecinj/reviews">1 ratings</a>'),
  '1 MB of list entries': () => `<html lang="en">${mega('<li><div>a</div><div>b</div>')}`,
  '1 MB of nested list entries': () =>
    `<html lang="en">${mega(`${'<ul><li><div>'.repeat(100)}${'</div></li></ul>'.repeat(100)}`)}`,
  '1 MB of front matter': () => `---\n${mega('a: b\n')}`,
  '1 MB of dashes': () => `---\n${mega('-')}\n---\n`,
  '1 MB of spaces in front matter': () => `---\na:\n  - x${mega(' ').slice(100)}y\n---\n`,
  'a sitemap of open elements': () => `<urlset>${mega('<url>').slice(100)}`,
  'a sitemap of one address': () =>
    `<urlset><url><loc>https://example.com/${mega('a').slice(100)}</loc></url></urlset>`,
  'entities that expand': () =>
    `<!DOCTYPE lolz [<!ENTITY a "${'x'.repeat(1000)}"><!ENTITY b "&a;&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>`,
  'keys of the prototype': () =>
    '{"__proto__":{"results":[],"plugins":[],"slug":"a","name":"b"},"constructor":{"prototype":{}},"results":{"__proto__":[]}}',
};

describe.each(connectors.all)('$name', (connector) => {
  test.each(Object.keys(bodies))('refuses or finds nothing in %s', (what) => {
    const body = bodies[what]?.() ?? '';
    for (const kind of ['item', 'index'] as const) {
      const reading = read(connector, body, kind);
      if (reading === 'unreadable') continue;
      for (const { facts } of reading.plugins)
        expect([facts.users, facts.rating, facts.ratingCount]).toEqual([null, null, null]);
    }
  });

  test('refuses any bytes, or tells nothing false of them', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('item' as const, 'index' as const),
        fc.constantFrom(200, 401, 404, 410, 451, 500),
        (body, kind, status) => {
          const reading = read(connector, body, kind, status);
          expect(reading === 'unreadable' || reading.plugins.every(({ facts }) => facts.users === null)).toBe(true);
        },
      ),
    );
  });

  test('refuses any JSON, or tells nothing false of it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('item' as const, 'index' as const), (body, kind) => {
        const reading = read(connector, body, kind);
        expect(reading === 'unreadable' || reading.plugins.length === 0).toBe(true);
      }),
    );
  });

  test('reads its own pages with any part of them replaced or cut off to facts within their limits', () => {
    const source = fixtureSources.find((one) => one.connector === connector.name);
    const routes = fixtureSite().filter(
      ({ host, file }) =>
        connector.hosts(source?.settings ?? {}).includes(host) &&
        /\.(?:html|json)$/.test(file) &&
        file.includes('2026'),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...routes),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(300),
        fc.constantFrom(
          '',
          '"',
          ']',
          '<',
          '-1',
          '1e99',
          'null',
          '\0',
          'a@example.com',
          '"__proto__":',
          '\ud800',
          '9'.repeat(400),
          'x'.repeat(70_000),
        ),
        (route, place, length, by) => {
          const text = new TextDecoder().decode(readFixture(route.file));
          const at = Math.floor(place * text.length);
          const url = `https://${route.host}${route.target}`;
          const request: CrawlRequest = {
            key: url,
            kind: /search|query|page-/.test(route.file) ? 'index' : 'item',
            method: 'GET',
            url,
          };
          const page = {
            ...fixturePage(
              {
                ...request,
                method: route.method,
                ...(route.body === undefined ? {} : { body: JSON.stringify(route.body) }),
              },
              [route],
            ),
            request,
          };
          const body = new TextEncoder().encode(text.slice(0, at) + by + text.slice(at + length));
          let reading: PageReading;
          try {
            reading = connector.read({ ...page, body });
          } catch (error) {
            expect(error).toBeInstanceOf(UnreadablePage);
            return;
          }
          for (const { facts } of reading.plugins) {
            expect(facts.name?.length ?? 0).toBeLessThanOrEqual(textLimits.name);
            expect(facts.description?.length ?? 0).toBeLessThanOrEqual(textLimits.description);
            expect(facts.users === null || (Number.isSafeInteger(facts.users.value) && facts.users.value >= 0)).toBe(
              true,
            );
            expect(facts.rating === null || (facts.rating >= 0 && facts.rating <= 5)).toBe(true);
            const json = JSON.stringify(facts);
            expect(json).not.toMatch(/\\u0000|\\ud800|a@example\.com/);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
