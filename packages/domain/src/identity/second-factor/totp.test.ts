import { expect, test } from 'vitest';
import { makeSecret, periodOf, uriOf } from './totp.ts';

/** RFC 6238, appendix B: the last six digits of its eight, for the secret of SHA-1. */
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
])('the code of second %i is %s', (second, code) => {
  const secret = Buffer.from('12345678901234567890');
  const period = Math.floor(second / 30);
  expect(periodOf(secret, code, second * 1000)).toBe(period);
  expect(periodOf(secret, code, (second + 30) * 1000), 'a clock that is half a minute ahead').toBe(period);
  expect(periodOf(secret, code, (second + 90) * 1000)).toBeNull();
});

test('another secret, or what is no code, gives none', () => {
  expect(periodOf(makeSecret(), '287082', 59_000)).toBeNull();
  for (const code of ['', '28708', '28708a', '２８７０８２']) expect(periodOf(makeSecret(), code)).toBeNull();
});

test('an app can read it', () => {
  const uri = new URL(uriOf(Buffer.from('12345678901234567890'), 'ada@example.org'));
  expect(uri.searchParams.get('secret')).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  expect(decodeURIComponent(uri.pathname)).toContain('Granary:ada@example.org');
});
