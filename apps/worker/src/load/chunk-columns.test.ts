import { columnTypes } from '@granary/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunkColumns } from './chunk-columns.ts';

test('a narrow table is one chunk', () => {
  expect(chunkColumns(['bigint', 'text', 'date'])).toEqual([1, 1, 1]);
});

test('chunks are in order, leave no gap and hold at most 1500 columns', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...columnTypes), { minLength: 1, maxLength: 5000 }), (types) => {
      const chunks = chunkColumns(types);
      expect(chunks[0]).toBe(1);
      for (const [index, chunk] of chunks.entries()) expect(chunk - (chunks[index - 1] ?? 1)).toBeOneOf([0, 1]);
      const sizes = Map.groupBy(chunks, (chunk) => chunk);
      expect(Math.max(...[...sizes.values()].map((each) => each.length))).toBeLessThanOrEqual(1500);
    }),
    { numRuns: 20 },
  );
});
