import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeSavedPage } from './saved-page.ts';

const of = (html: string, name = 'page.html') => describeSavedPage(name, Buffer.from(html));

test('a saved page says where it came from by the browser’s comment, its canonical link or og:url', () => {
  expect(of('<!doctype html>\n<!-- saved from url=(0026)https://shop.example/item?a=1 -->').url).toBe(
    'https://shop.example/item?a=1',
  );
  expect(of(`<link rel="icon" href="/i"><link href='https://shop.example/a' rel=canonical>`).url).toBe(
    'https://shop.example/a',
  );
  expect(of('<meta property="og:url" content="https://shop.example/b?x=1&amp;y=2">').url).toBe(
    'https://shop.example/b?x=1&y=2',
  );
});

test('one that does not say so has no address, nor has one that says nonsense', () => {
  expect(of('<h1>Hello</h1>').url).toBeNull();
  expect(of('<link rel=canonical href="javascript:alert(1)">').url).toBeNull();
  expect(of('<link rel=canonical href="/item">').url).toBeNull();
});

test.each([
  ['2026-04-17-hmdc.html', '2026-04-17T00:00:00.000Z'],
  ['pages/2026-04-17.json', '2026-04-17T00:00:00.000Z'],
  ['2026-02-31-x.html', undefined],
  ['2026-04-171.html', undefined],
  ['2026-04-17/page.html', undefined],
  ['page.html', undefined],
])('%s was saved at %s', (name, expected) => {
  expect(of('', name).savedAt?.toISOString()).toBe(expected);
});

test('whatever the bytes, there is an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (bytes, name) => {
      expect(describeSavedPage(name, bytes)).toHaveProperty('url');
    }),
  );
});
