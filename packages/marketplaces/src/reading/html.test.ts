import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UnreadablePage } from '../connector.ts';
import { attributeOf, childrenOf, nextSibling, parentOf, readHtml, textOf, within } from './html.ts';

describe('a page', () => {
  const page = readHtml(
    `<html lang=en><head><title>T &amp; U</title><META Name="Description" content="first"><meta name="description" content="second"><meta property="og:title" content="O"></head><body><div id=a><p>one<br>two<p>three <i aria-hidden="true">icon</i></div><ul><li>x<li>y</ul><script type="application/ld+json">{"a":"</p>"}</script><style>no</style></body></html>`,
  );
  const named = (name: string) => page.elements.find((element) => element.name === name);

  test('has its text as it is shown, with a line break where a block ends', () => {
    expect(
      page.text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ).toEqual(['T & U' + 'one', 'two', 'three', 'x', 'y']);
  });

  test('has its meta tags by name, the first of a name, and its scripts', () => {
    expect([...page.meta]).toEqual([
      ['description', 'first'],
      ['og:title', 'O'],
    ]);
    expect(page.scripts).toEqual([{ type: 'application/ld+json', text: '{"a":"</p>"}' }]);
  });

  test('has its elements in a list that tells which is within which', () => {
    const [div, list] = [named('div'), named('ul')];
    if (div === undefined || list === undefined) throw new Error('not found');
    expect(textOf(page, div).trim()).toBe('one\ntwo\nthree');
    expect(childrenOf(page, list).map((item) => textOf(page, item))).toEqual(['x', 'y']);
    expect(within(page, div).map(({ name }) => name)).toEqual(['p', 'br', 'p', 'i']);
    expect(nextSibling(page, div)).toBe(list);
    expect(parentOf(page, div)?.name).toBe('body');
    expect(attributeOf(div, 'id')).toBe('a');
    expect(attributeOf(div, 'toString')).toBeNull();
  });

  test('with elements without end is refused', () => {
    expect(() => readHtml('<b>'.repeat(257))).toThrow(UnreadablePage);
    expect(() => readHtml('<br>'.repeat(200_001))).toThrow(UnreadablePage);
    expect(readHtml('<b>'.repeat(256)).elements).toHaveLength(256);
  });

  test('of any text has elements that lie within one another', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[<>/a-c ="'&;!-]{0,80}$/), (html) => {
        const { elements, text } = readHtml(html);
        for (const { index, parent, from, to } of elements) {
          expect(parent < index && from <= to && to <= text.length).toBe(true);
          const outer = elements[parent];
          if (outer !== undefined) expect(outer.from <= from && to <= outer.to).toBe(true);
        }
      }),
    );
  });
});
