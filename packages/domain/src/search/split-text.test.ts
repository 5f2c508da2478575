import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitText } from './split-text.ts';

const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.constantFrom('\n\n', '\n', '. ', ' ', 'x'.repeat(1500)),
    ),
    {
      maxLength: 30,
    },
  )
  .map((parts) => parts.join(''));

test('whatever a text is, its passages are short, in order, where they say, and together all of it but white space', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const parts = splitText(text);
      let at = 0;
      for (const part of parts) {
        expect(part.text.length).toBeGreaterThan(0);
        expect(part.text.length).toBeLessThanOrEqual(1000);
        expect(text.slice(part.beginsAt, part.beginsAt + part.text.length)).toBe(part.text);
        expect(text.slice(at, part.beginsAt).trim()).toBe('');
        at = part.beginsAt + part.text.length;
      }
      expect(text.slice(at).trim()).toBe('');
    }),
  );
});

test('no character is cut in two', () => {
  const parts = splitText('🌲'.repeat(2000));
  expect(parts.every(({ text }) => text.isWellFormed())).toBe(true);
  expect(parts.map(({ text }) => text).join('')).toBe('🌲'.repeat(2000));
});

test('a text is cut at its paragraphs where they are short enough, else at sentences', () => {
  const paragraph = (word: string) => `${`${word} `.repeat(80).trim()}.`;
  const [first, second] = ['alpha', 'bravo'].map(paragraph);
  const long = Array.from({ length: 30 }, (_, index) => `This is sentence number ${index} of a long paragraph.`).join(
    ' ',
  );
  expect(splitText(`${first}\n\n${second}`).map(({ text }) => text)).toEqual([`${first}\n\n${second}`]);
  const parts = splitText(`${first}\n\n${long}`).map(({ text }) => text);
  expect(parts.length).toBe(2);
  for (const part of parts) expect(part).toMatch(/\.$/);
});
