import fc from 'fast-check';
import { expect, test } from 'vitest';
import { misfitReason, withoutValue } from './misfit-reason.ts';

test('a reason says what the value is', () => {
  expect(misfitReason('a "b"', 'is no number', 'bigint')).toBe(
    '"a \\"b\\"" is no number, and the column is to be bigint',
  );
});

test('and can be had without it, whatever the value is', () => {
  const nothing = withoutValue(misfitReason('x', 'is no number', 'bigint'));
  expect(nothing).toBe('its value is no number, and the column is to be bigint');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.stringMatching(/^["\\ ,n]*$/)), (value) => {
      expect(withoutValue(misfitReason(value, 'is no number', 'bigint'))).toBe(nothing);
    }),
  );
});

test('a reason that names no value stays as it is', () => {
  expect(withoutValue('3 fields where 2 are expected')).toBe('3 fields where 2 are expected');
});
