import { expect, test } from 'vitest';
import { nextRun } from './next-run.ts';

function times(cron: string, timeZone: string, from: string, many: number): string[] {
  const found: string[] = [];
  for (let at = nextRun(cron, timeZone, new Date(from)); at && found.length < many; at = nextRun(cron, timeZone, at))
    found.push(at.toISOString().slice(0, 16));
  return found;
}

test('a time of day is that of the time zone, in summer and in winter', () => {
  expect(times('15 6 * * *', 'Europe/Berlin', '2026-10-23T12:00Z', 3)).toEqual([
    '2026-10-24T04:15',
    '2026-10-25T05:15',
    '2026-10-26T05:15',
  ]);
});

test('what the clock leaps over is later that day, what it passes twice is once', () => {
  expect(times('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2)).toEqual([
    '2026-03-29T01:30',
    '2026-03-30T00:30',
  ]);
  expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
    '2026-10-25T00:30',
    '2026-10-26T01:30',
  ]);
  expect(times('0 0 * * *', 'America/Santiago', '2026-09-05T12:00Z', 2)).toEqual([
    '2026-09-06T04:00',
    '2026-09-07T03:00',
  ]);
});

test('every hour is every hour, also when the clock is changed', () => {
  expect(times('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30Z', 4)).toEqual([
    '2026-10-25T00:00',
    '2026-10-25T01:00',
    '2026-10-25T02:00',
    '2026-10-25T03:00',
  ]);
});

test.each([
  '',
  '@daily',
  '* * * * * *',
  '* * * *',
  '61 * * * *',
  '0 0 31 2 *',
  'a b c d e',
  '*/0 * * * *',
  '0 24 * * *',
])('“%s” is no schedule', (cron) => {
  expect(() => nextRun(cron, 'UTC', new Date())).toThrow(expect.objectContaining({ kind: 'invalid' }));
});

test.each(['Nowhere/City', '', '+25:00'])('“%s” is no time zone', (timeZone) => {
  expect(() => nextRun('0 0 * * *', timeZone, new Date())).toThrow(
    expect.objectContaining({ kind: 'invalid', details: { field: 'timeZone' } }),
  );
});
