import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactRow } from './exact-row.ts';

const types = new Map([
  ['n', 'bigint'],
  ['amount', 'numeric'],
  ['ratio', 'double precision'],
]);

test('a number keeps its digits where a double would lose them', () => {
  expect(exactRow('{"n": 9223372036854775807, "amount": 1.50, "ratio": 0.1, "rowid": 7}', types)).toEqual({
    n: '9223372036854775807',
    amount: '1.50',
    ratio: 0.1,
    rowid: 7,
  });
  expect(exactRow('{"n": 5, "amount": null}', types)).toEqual({ n: 5, amount: null });
});

test('what is nested in a cell of JSON is left alone', () => {
  expect(exactRow('{"j": {"amount": 1.50, "n": [1]}, "amount": 2.0}', types)).toEqual({
    j: { amount: 1.5, n: [1] },
    amount: '2.0',
  });
});

test('every bigint comes back digit by digit', () =>
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(String(exactRow(`{"n": ${value}}`, types).n)).toBe(String(value));
    }),
  ));
