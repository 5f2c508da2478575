import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostUrl, normalUrl } from './urls.ts';

describe('an address', () => {
  test.each([
    ['http://Example.COM', 'https://example.com/'],
    ['https://example.com/A/Path/With%20Case', 'https://example.com/A/Path/With%20Case'],
    ['https://example.com/?utm_source=x&b=2&UTM_Medium=y&a=1&gclid=z', 'https://example.com/?b=2&a=1'],
    ['https://example.com/?utm_source=x', 'https://example.com/'],
    ['https://example.com/page?q=a+b%2Fc#Part-2', 'https://example.com/page?q=a+b%2Fc#Part-2'],
    ['https://www.example.com/', 'https://www.example.com/'],
    ['https://example.com/contact?mail=me%40example.com&x=1', 'https://example.com/contact?x=1'],
    ['https://medium.example/@tidy/post', 'https://medium.example/@tidy/post'],
    ['http://example.com:80/', 'https://example.com/'],
    ['https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
  ])('%s is %s', (text, expected) => {
    expect(normalUrl(text)).toBe(expected);
  });

  test.each([
    'mailto:me@example.com',
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://example.com/',
    'https://user:secret@example.com/',
    'https://localhost/',
    'https://example.com/write/to/me@example.com',
    'example.com',
    '',
    `https://example.com/${'a'.repeat(3000)}`,
  ])('is not made of %s', (text) => {
    expect(normalUrl(text)).toBeNull();
  });

  test('may be given as that of its page is', () => {
    expect(normalUrl('//cdn.example.com/x.png', 'https://example.com/a')).toBe('https://cdn.example.com/x.png');
    expect(normalUrl('../b', 'https://example.com/a/c')).toBe('https://example.com/b');
    expect(hostUrl('Example.com')).toBe('https://example.com/');
    expect(hostUrl('example.com/path')).toBeNull();
    expect(hostUrl('not a host')).toBeNull();
  });

  test('is normal once it was normalised', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (text) => {
        const url = normalUrl(text);
        expect(url === null ? null : normalUrl(url)).toBe(url);
      }),
    );
  });
});
