import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uuidv7 } from '../ids/uuidv7.ts';
import { makeKey, parseKey } from './key-format.ts';

test('a key gives back its id and the hash of its secret', () => {
  const id = uuidv7();
  const { text, secretHash } = makeKey(id);
  expect(text).toMatch(/^grn_[0-9a-f]{32}_[0-9a-f]{72}$/);
  expect(parseKey(text)).toEqual({ id, secretHash });
  const secret = text.split('_')[2]?.slice(0, 64) ?? '';
  expect(secretHash).toEqual(createHash('sha256').update(secret).digest());
});

test('any single changed character is noticed without asking the database', () => {
  const { text } = makeKey(uuidv7());
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom(...'0123456789abcdef_g'), (at, character) => {
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      expect(parseKey(changed)).toEqual(changed === text ? expect.anything() : null);
    }),
  );
});

test('anything else is not a key', () => {
  fc.assert(fc.property(fc.string(), (text) => parseKey(text) === null));
});
