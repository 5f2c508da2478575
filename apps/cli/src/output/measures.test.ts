import { expect, test } from 'vitest';
import { formatBar, formatBytes, plural } from './measures.ts';

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [13_493_022, '13.5 MB'],
  [2 * 10 ** 15, '2000.0 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, 100, '[....]   0 %'],
  [50, 100, '[##..]  50 %'],
  [100, 100, '[####] 100 %'],
  [120, 100, '[####] 100 %'],
  [5, 0, '[....]   0 %'],
])('a bar for %d of %d', (done, total, bar) => {
  expect(formatBar(done, total, 4)).toBe(bar);
});

test('one row, more rows', () => {
  expect([plural(1, 'row'), plural(0, 'row'), plural(3_000_000, 'row')]).toEqual(['1 row', '0 rows', '3,000,000 rows']);
});
