import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findGaps } from './find-gaps.ts';

test('what is looked at every week has no gap between two weeks, and one where three were missed', () => {
  expect(findGaps(['2026-01-01', '2026-01-08', '2026-01-15', '2026-01-22'], 'day')).toEqual([]);
  expect(findGaps(['2026-01-01', '2026-01-08', '2026-01-15', '2026-02-12'], 'day')).toEqual([
    { after: '2026-01-15', before: '2026-02-12', missing: 27 },
  ]);
});

test('the caller may say what a gap is', () => {
  expect(findGaps(['2026-01-01', '2026-01-03'], 'day', 1)).toEqual([
    { after: '2026-01-01', before: '2026-01-03', missing: 1 },
  ]);
});

test('of months, December and January are neighbours', () => {
  expect(findGaps(['2025-11-30', '2025-12-01', '2026-01-31', '2026-03-01'], 'month')).toEqual([
    { after: '2026-01-31', before: '2026-03-01', missing: 1 },
  ]);
});

test('nothing and a single day have no gaps', () => {
  expect(findGaps([], 'day')).toEqual([]);
  expect(findGaps(['2026-01-01'], 'month')).toEqual([]);
});

test('days of a change of the clocks are as long as others, and gaps lie apart within the series', () => {
  expect(findGaps(['2026-03-28', '2026-03-29', '2026-03-30', '2026-10-25', '2026-10-26'], 'day')).toHaveLength(1);
  const day = fc.integer({ min: 0, max: 4000 }).map((n) => new Date(n * 86_400_000).toISOString().slice(0, 10));
  fc.assert(
    fc.property(
      fc.uniqueArray(day),
      fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
      (unsorted, longest) => {
        const days = unsorted.toSorted();
        const gaps = findGaps(days, 'day', longest);
        for (const { after, before, missing } of gaps) {
          expect(days.indexOf(before) - days.indexOf(after)).toBe(1);
          expect(missing).toBeGreaterThanOrEqual(longest ?? 1);
        }
      },
    ),
  );
});
