import { expect, test } from 'vitest';
import { z } from 'zod';
import { uuidv7 } from './uuidv7.ts';

test('has version 7, the variant of the RFC, and its millisecond first', () => {
  const id = uuidv7(0x0198_0000_abcd);
  expect(z.uuidv7().parse(id)).toBe(id);
  expect(id.startsWith('01980000-abcd-7')).toBe(true);
});
