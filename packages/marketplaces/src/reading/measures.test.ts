import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ratingOf, readDecimal, readRating } from './ratings.ts';
import { readSize } from './sizes.ts';

describe('a rating', () => {
  test.each([
    ['4.3 out of 5 stars', 4.3],
    ['Average rating: 3.13 out of 5.', 3.13],
    ['3,1 von 5', 3.1],
    ['4.5/5', 4.5],
    ['9.1 out of 10', 4.55],
    ['0 out of 5 stars', 0],
    ['6 out of 5', null],
    ['4.3', null],
    ['no stars', null],
  ])('%s', (text, expected) => {
    expect(readRating(text)).toBe(expected);
  });

  test('has a place from 0 to 5 whatever its scale is, and none outside of it or when nobody rated', () => {
    expect(ratingOf(96, { best: 100, count: 15 })).toBe(4.8);
    expect(ratingOf(0, { best: 100, count: 0 })).toBeNull();
    expect(ratingOf(5.1)).toBeNull();
    expect(ratingOf(3, { best: 0 })).toBeNull();
    expect(ratingOf(1e308, { best: 1.7e308 })).toBeNull();
    fc.assert(
      fc.property(fc.double(), fc.double(), (value, best) => {
        const rating = ratingOf(value, { best });
        expect(rating === null || (rating >= 0 && rating <= 5)).toBe(true);
      }),
    );
  });

  test('is a decimal with a point or a comma', () => {
    expect(['4.3', ' 4,31 ', '4', '4.3.1', '-4', '4.3 stars', ''].map(readDecimal)).toEqual([
      4.3,
      4.31,
      4,
      null,
      null,
      null,
      null,
    ]);
  });
});

test('a size is told in bytes, as a bound where it was rounded', () => {
  expect(readSize('113KiB')).toEqual({ value: 115_712, bound: 'at_least' });
  expect(readSize('1.34MiB')).toEqual({ value: 1_405_092, bound: 'at_least' });
  expect(readSize('1,5 MB')).toEqual({ value: 1_500_000, bound: 'at_least' });
  expect(readSize('512 bytes')).toEqual({ value: 512, bound: 'exact' });
  expect(['', 'KiB', '12', '1.2.3MiB', '12 parsecs', '-1KiB'].map(readSize)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
});
