import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { itemAt } from './items.ts';
import { connectorOf, connectors } from './registry.ts';

const id = 'abcdefghijklmnopabcdefghijklmnop';
const of = (address: string) => {
  const found = itemAt(connectors.all, address);
  return found && `${found.connector} ${found.item}`;
};

test.each([
  [`https://chromewebstore.google.com/detail/some-name/${id}?hl=de&utm_source=x`, `chrome-web-store ${id}`],
  [`https://chromewebstore.google.com/detail/${id}`, `chrome-web-store ${id}`],
  [`http://chrome.google.com/webstore/detail/old/${id}/`, `chrome-web-store ${id}`],
  ['https://workspace.google.com/marketplace/app/forms/12345', 'google-workspace 12345'],
  ['https://gsuite.google.com/marketplace/app/forms/12345?pann=b', 'google-workspace 12345'],
  ['https://addons.mozilla.org/en-US/firefox/addon/tabs%2B/', 'firefox-addons tabs+'],
  ['https://addons.mozilla.org/addon/tabs', 'firefox-addons tabs'],
  ['https://addons.mozilla.org/android/addon/tabs/?src=search', 'firefox-addons tabs'],
  ['https://wordpress.org/plugins/Hello-Dolly/', 'wordpress-plugins hello-dolly'],
  ['https://de.wordpress.org/plugins/hello-dolly', 'wordpress-plugins hello-dolly'],
  ['https://marketplace.visualstudio.com/items?itemName=Some.Thing&ssr=false#overview', 'vscode-gallery some.thing'],
  ['https://open-vsx.org/extension/Some/thing', 'open-vsx some.thing'],
  ['http://shop.example/widgets/7?utm_campaign=x&id=1', 'generic https://shop.example/widgets/7?id=1'],
])('%s is the page of %s', (address, expected) => {
  expect(of(address)).toBe(expected);
});

test.each([
  '',
  'not an address',
  'javascript:alert(1)',
  'file:///etc/passwd',
  'http://localhost/plugins/a',
  'http://127.0.0.1/admin',
  'http://2130706433/',
  'http://0x7f.1/',
  'https://[::1]/',
  'https://user:password@shop.example/a',
  'https://shop.example:8443/a',
  `https://shop.example/${'a'.repeat(3000)}`,
  `https://shop.example/${'a'.repeat(600)}`,
])('%s is the page of nothing', (address) => {
  expect(of(address)).toBeNull();
});

test.each([
  `https://chromewebstore.google.com.evil.example/detail/x/${id}`,
  'https://addons.mozilla.org/addon/%00',
  'https://wordpress.org/plugins/..%2f..%2fadmin',
  'https://marketplace.visualstudio.com/items?itemName=nothing',
  'https://open-vsx.org/extension/a%2Fb/c',
  'https://notwordpress.org/plugins/a',
])('%s is no plugin of the marketplace that it looks like', (address) => {
  expect(of(address)).toSatisfy((found: string | null) => found === null || found.startsWith('generic '));
});

test('whatever an address is, the item found there can be asked for, and its own address leads to it again', () => {
  const part = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(id, '12345', 'a.b', '%', '%zz'));
  const prefix = fc.constantFrom(
    'https://chromewebstore.google.com/detail/',
    'https://workspace.google.com/marketplace/app/a/',
    'https://addons.mozilla.org/addon/',
    'https://wordpress.org/plugins/',
    'https://marketplace.visualstudio.com/items?itemName=',
    'https://open-vsx.org/extension/a/',
    'https://shop.example/',
  );
  fc.assert(
    fc.property(prefix, part, (before, after) => {
      const found = itemAt(connectors.all, before + after);
      if (found === null) return;
      expect(connectorOf(found.connector)?.items).toBeDefined();
      expect(itemAt(connectors.all, found.url)).toEqual(found);
    }),
  );
});

describe('a source with items', () => {
  const start = (connector: string, settings: object) =>
    connectorOf(connector)
      ?.start({ ...settings })
      .map(({ key, kind }) => [kind, key]) ?? [];

  test.each([
    ['chrome-web-store', {}, id],
    ['firefox-addons', {}, 'tabs'],
    ['wordpress-plugins', { browse: 'new' }, 'hello-dolly'],
    ['vscode-gallery', {}, 'some.thing'],
    ['open-vsx', {}, 'some.thing'],
    ['google-workspace', { sitemap: true }, '12345'],
    ['generic', { sitemaps: ['https://shop.example/sitemap.xml'] }, 'https://other.example/7'],
  ])('of %s asks for them besides what it asks for otherwise', (connector, settings, item) => {
    const before = start(connector, settings);
    const after = start(connector, { ...settings, items: [item] });
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.slice(before.length)).toMatchObject([['item', expect.any(String)]]);
    expect(start(connector, { ...settings, items: [] })).toEqual(before);
  });

  test('of any site may ask their hosts, and no others', () => {
    const settings = { urls: ['https://shop.example/'], items: ['https://other.example/7'] };
    expect(connectorOf('generic')?.hosts(settings)).toEqual(['shop.example', 'other.example']);
  });

  test.each([['nonsense'], [[7]], [['https://wordpress.org']], [{}]])('that are %j is refused by name', (items) => {
    expect(() => start('wordpress-plugins', { items })).toThrow(/^items: /);
  });
});
