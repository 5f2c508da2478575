import { expect, test } from 'vitest';
import { retryAfterOf } from './retry-after.ts';

const now = Date.parse('2026-11-26T10:00:00Z');

test.each([
  ['120', 120],
  [' 7 ', 7],
  ['Thu, 26 Nov 2026 10:01:00 GMT', 60],
  ['Thu, 26 Nov 2026 09:59:00 GMT', null],
  ['0', null],
  ['-1', null],
  ['999999999', 31_536_000],
  ['99999999999999999999', null],
  ['soon', null],
  ['', null],
  [null, null],
])('Retry-After: %s is %s seconds', (header, seconds) => expect(retryAfterOf(header, now)).toBe(seconds));
