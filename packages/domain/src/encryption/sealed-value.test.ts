import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openValue, sealValue } from './sealed-value.ts';

const key = randomBytes(32);

test('what was sealed opens with the same key and context', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), (value, context) => {
      expect(openValue(key, sealValue(key, value, context), context)).toEqual(Buffer.from(value));
    }),
  );
});

test('another key, another context, and any changed or missing byte open nothing', () => {
  const sealed = sealValue(key, Buffer.from('secret'), 'tenant|one');
  expect(openValue(randomBytes(32), sealed, 'tenant|one')).toBeNull();
  expect(openValue(key, sealed, 'tenant|two')).toBeNull();
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    expect(openValue(key, changed, 'tenant|one')).toBeNull();
    expect(openValue(key, sealed.subarray(0, at), 'tenant|one')).toBeNull();
  }
});

test('the same value is sealed differently each time', () => {
  const one = sealValue(key, Buffer.from('secret'), 'x');
  expect(one).not.toEqual(sealValue(key, Buffer.from('secret'), 'x'));
  expect(one.includes('secret')).toBe(false);
});
