import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { MasterKeys } from './master-keys.ts';

const [one, two] = [randomBytes(32), randomBytes(32)];
const keys = (...each: Buffer[]) => MasterKeys.parse(each.map((key) => key.toString('base64')).join(','));
const key = randomBytes(32);

test('a wrapped key opens under the same master key, also when a newer one stands before it', () => {
  const wrapped = keys(one).wrap(key, 'context');
  expect(keys(one).unwrap(wrapped, 'context')).toEqual(key);
  expect(keys(two, one).unwrap(wrapped, 'context')).toEqual(key);
  expect(keys(two).unwrap(keys(two, one).wrap(key, 'context'), 'context')).toEqual(key);
});

test('a wrong master key, and none, are told apart and named', () => {
  const wrapped = keys(one).wrap(key, 'context');
  expect(() => keys(two).unwrap(wrapped, 'context')).toThrow('GRANARY_MASTER_KEY is not the key');
  expect(() => MasterKeys.none.unwrap(wrapped, 'context')).toThrow('set GRANARY_MASTER_KEY');
  expect(() => MasterKeys.none.wrap(key, 'context')).toThrow('set GRANARY_MASTER_KEY');
});

test('a key that was wrapped for something else does not open', () => {
  expect(() => keys(one).unwrap(keys(one).wrap(key, 'tenant one'), 'tenant two')).toThrow('is damaged');
});

test('what is no key is refused without being repeated', () => {
  const text = 'c2hvcnQ=';
  expect(() => MasterKeys.parse(text)).toThrow('32 bytes');
  expect(() => MasterKeys.parse(text)).not.toThrow(text);
});
