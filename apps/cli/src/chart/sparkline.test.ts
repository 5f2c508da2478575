import { expect, test } from 'vitest';
import { sparkline } from './sparkline.ts';

const days = (values: readonly (number | null)[]) =>
  values.map((value, n) => ({ day: new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10), value }));

test('a series rises from the lowest block to the highest', () => {
  expect(sparkline(days([0, 1, 2, 3, 4, 5, 6, 7]))).toBe('▁▂▃▄▅▆▇█');
});

test('what did not change is level, a single value is one block, and nothing is nothing', () => {
  expect(sparkline(days([5, 5, 5]))).toBe('▄▄▄');
  expect(sparkline(days([5]))).toBe('▄');
  expect(sparkline(days([null, null]))).toBe('');
  expect(sparkline([])).toBe('');
});

test('a time without observations is blank', () => {
  const gap = [...days([1, 2]), { day: '2026-01-09', value: 2 }, { day: '2026-01-10', value: 1 }];
  expect(sparkline(gap)).toBe('▁█      █▁');
});

test('many observations share blocks, the last of each counts', () => {
  expect(sparkline(days(Array.from({ length: 1000 }, (_, n) => n)), 20)).toHaveLength(20);
});
