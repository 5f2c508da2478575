import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCount } from './numbers.ts';

const exact = (value: number) => ({ value, bound: 'exact' });
const atLeast = (value: number) => ({ value, bound: 'at_least' });

describe('a count', () => {
  test.each([
    ['251 users', exact(251)],
    ['1,000,000 users', exact(1_000_000)],
    ['1.000.000 Nutzer', exact(1_000_000)],
    ['1 000 000 utilisateurs', exact(1_000_000)],
    ['1\u202f000\u00a0000', null],
    ["1'234'567", exact(1_234_567)],
    ['12,34,567', exact(1_234_567)],
    ['3.014', exact(3014)],
    ['٣٬٠١٤', exact(3014)],
    ['१२,३४,५६७', exact(1_234_567)],
    ['(4 ratings)', exact(4)],
    ['0', exact(0)],
    ['10,000+', atLeast(10_000)],
    ['More than 500 users', atLeast(500)],
    ['(3K ratings)', atLeast(3000)],
    ['103K+ users have installed this app.', atLeast(103_000)],
    ['4.35M', atLeast(4_350_000)],
    ['1,2 Mio. Nutzer', atLeast(1_200_000)],
    ['10 mil+', atLeast(10_000)],
    ['2,5 тыс.', atLeast(2500)],
    ['10万', atLeast(100_000)],
    ['1.2億', atLeast(120_000_000)],
    ['5 lakh', atLeast(500_000)],
    ['1,234.5K', atLeast(1_234_500)],
  ])('%s', (text, expected) => {
    expect(readCount(text)).toEqual(expected);
  });

  test.each([
    ['two numbers', '4.3 (3,014 ratings)'],
    ['a date', 'November 8, 2022'],
    ['a rating', '4.3'],
    ['two decimals', '4,35'],
    ['either thousands or a fraction of them', '1,234K'],
    ['a negative one', '-5 users'],
    ['an upper bound', 'Fewer than 10'],
    ['an upper bound in a sign', '<10'],
    ['a percentage', '45%'],
    ['no number', 'No ratings'],
    ['nothing', ''],
    ['more than can be held', '9007199254740993'],
    ['groups of another length', '1,2345'],
    ['marks of two kinds', '1,234.567,890'],
    ['a leading zero', '0,123'],
    ['a part of a word', 'v2beta3'],
  ])('is not read from %s: %s', (_what, text) => {
    expect(readCount(text)).toBeNull();
  });

  const locales = [
    'en-US',
    'de-DE',
    'fr-FR',
    'es-ES',
    'pt-BR',
    'it-IT',
    'pl-PL',
    'ru-RU',
    'sv-SE',
    'de-CH',
    'hi-IN',
    'ja-JP',
    'ar-EG',
    'fa-IR',
    'nl-NL',
    'bn-BD',
  ];

  test.each(locales)('that %s formats is read back, and never as another one', (locale) => {
    const format = new Intl.NumberFormat(locale);
    fc.assert(
      fc.property(fc.nat(2_000_000_000), (count) => {
        expect(readCount(`${format.format(count)} users`)).toEqual(exact(count));
      }),
    );
  });

  test.each(['en-US', 'de-DE', 'fr-FR', 'es-ES', 'pt-BR', 'it-IT', 'pl-PL', 'ru-RU', 'sv-SE', 'ja-JP'])(
    'that %s shortens is read within its rounding, or not at all',
    (locale) => {
      const format = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 900_000_000 }), (count) => {
          const read = readCount(format.format(count));
          if (read === null) return;
          expect(Math.abs(read.value - count) / count).toBeLessThan(0.06);
        }),
      );
    },
  );

  test('of any text is a whole number that is not negative, or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9.,' KMB+]{0,40}$/)),
        (text) => {
          const read = readCount(text);
          expect(read === null || (Number.isSafeInteger(read.value) && read.value >= 0)).toBe(true);
        },
      ),
    );
  });
});
