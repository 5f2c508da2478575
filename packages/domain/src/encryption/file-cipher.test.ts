import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileCipher } from './file-cipher.ts';

const key = randomBytes(32);

test('a file encrypted in any pieces is the file encrypted at once, and is read from any byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200)), fc.nat(200), (bytes, cuts, from) => {
      const whole = fileCipher(key, 0).update(bytes);
      const borders = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const pieces = borders
        .slice(1)
        .map((end, index) => fileCipher(key, borders[index]!).update(bytes.subarray(borders[index], end)));
      expect(Buffer.concat(pieces)).toEqual(whole);
      expect(fileCipher(key, from).update(whole.subarray(from))).toEqual(Buffer.from(bytes.subarray(from)));
    }),
  );
});

test('it is AES in counter mode, also past what 32 bits count', () => {
  const text = randomBytes(64);
  expect(fileCipher(key, 0).update(text)).toEqual(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(text));
  const counter = Buffer.from('00000000000000000000000100000000', 'hex');
  expect(fileCipher(key, 2 ** 36).update(text)).toEqual(createCipheriv('aes-256-ctr', key, counter).update(text));
});
