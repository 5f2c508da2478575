import { expect, test } from 'vitest';
import { pseudonymOf } from './pseudonym.ts';

test('it is HMAC-SHA-256: RFC 4231, test case 2', () => {
  expect(pseudonymOf(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('one person is one pseudonym, however the cell is padded or its letters are composed', () => {
  const key = Buffer.alloc(32, 7);
  expect(pseudonymOf(key, ' J\u00fcrgen\t')).toBe(pseudonymOf(key, 'Ju\u0308rgen'));
  expect(pseudonymOf(key, '007')).not.toBe(pseudonymOf(key, '7'));
  expect(pseudonymOf(Buffer.alloc(32, 8), '007')).not.toBe(pseudonymOf(key, '007'));
});

test('nothing identifies nobody', () => {
  expect(pseudonymOf(Buffer.alloc(32), ' \t')).toBeNull();
});
