import { expect, test } from 'vitest';
import { byteRange } from './byte-range.ts';

// RFC 9110, section 14.1.2, for a file of 10000 bytes
test.for([
  [undefined, 'whole'],
  ['bytes=0-499', { start: 0, end: 499 }],
  ['bytes=500-', { start: 500, end: 9999 }],
  ['bytes=-500', { start: 9500, end: 9999 }],
  ['bytes=9999-10050', { start: 9999, end: 9999 }],
  ['bytes=-20000', { start: 0, end: 9999 }],
  ['bytes=10000-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-4', 'whole'],
  ['bytes=0-0,-1', 'whole'],
  ['bytes=-', 'whole'],
  ['bytes=a-b', 'whole'],
  ['lines=1-2', 'whole'],
] as const)('%s of 10000 bytes', ([header, expected]) => {
  expect(byteRange(header, 10_000)).toEqual(expected);
});

test('no part of an empty file can be had', () => {
  expect(byteRange('bytes=0-0', 0)).toBe('unsatisfiable');
  expect(byteRange('bytes=-5', 0)).toBe('unsatisfiable');
});
