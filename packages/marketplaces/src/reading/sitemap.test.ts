import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UnreadablePage } from '../connector.ts';
import { pageOf } from '../testing/page-of.ts';
import { readSitemap } from './sitemap.ts';

const read = (body: string | Uint8Array) =>
  readSitemap(pageOf({ url: 'https://example.com/sitemap.xml', body, kind: 'index' }));
const urlset = (...urls: readonly string[]) =>
  `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.map((url) => `<url><loc>${url}</loc><lastmod>2026-01-01</lastmod></url>`).join('')}</urlset>`;

describe('a sitemap', () => {
  test('names pages, and an index names sitemaps', () => {
    expect(read(urlset('https://example.com/a?x=1&amp;y=2', ' https://example.com/b\n'))).toEqual({
      sitemaps: [],
      urls: ['https://example.com/a?x=1&y=2', 'https://example.com/b'],
    });
    expect(
      read('<sitemapindex><sitemap><loc><![CDATA[https://example.com/s?shard=1&x]]></loc></sitemap></sitemapindex>'),
    ).toEqual({ sitemaps: ['https://example.com/s?shard=1&x'], urls: [] });
    expect(read('<s:urlset xmlns:s="x"><s:url><s:loc>https://example.com/</s:loc></s:url></s:urlset>').urls).toEqual([
      'https://example.com/',
    ]);
    expect(read('<urlset/>')).toEqual({ sitemaps: [], urls: [] });
  });

  test('is unpacked where it is gzipped, whatever its name is', () => {
    expect(read(gzipSync(urlset('https://example.com/a'))).urls).toEqual(['https://example.com/a']);
  });

  test('leaves out addresses of images, of other languages and those that are too long', () => {
    const extended = `<urlset xmlns:image="i"><url><loc>https://example.com/a</loc><image:image><image:loc>https://example.com/a.png</image:loc></image:image></url><url><loc>https://example.com/${'a'.repeat(3000)}</loc></url></urlset>`;
    expect(read(extended).urls).toEqual(['https://example.com/a']);
  });

  test.each([
    ['nothing', ''],
    ['a page', '<!doctype html><html><body></body></html>'],
    ['half of a document', urlset('https://example.com/a').slice(0, -20)],
    ['entities of its own', '<!DOCTYPE urlset [<!ENTITY a "aaaa">]><urlset><url><loc>&a;</loc></url></urlset>'],
    ['other text', 'https://example.com/a'],
    ['nesting', '<urlset>'.repeat(100)],
    ['a damaged archive', gzipSync(urlset('https://example.com/a')).subarray(0, 40)],
    ['an archive that unpacks to too much', gzipSync(new Uint8Array(51 << 20))],
    ['too many entries', urlset(...Array.from({ length: 100_001 }, (_, i) => `https://e.com/${i}`))],
  ])('is not made of %s', (_what, body) => {
    expect(() => read(body)).toThrow(UnreadablePage);
  });

  test('holds every address that was written into it', () => {
    fc.assert(
      fc.property(fc.array(fc.webUrl({ withQueryParameters: true })), (urls) => {
        const escaped = urls.map((url) => url.replaceAll('&', '&amp;'));
        expect(read(urlset(...escaped)).urls).toEqual(urls);
      }),
    );
  });
});
