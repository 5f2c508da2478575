import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dateOfEpoch, readDate } from './dates.ts';
import { dateLocales } from './month-names.ts';

describe('a date', () => {
  test.each([
    ['2025-11-26', '2025-11-26'],
    ['2018-12-04T09:54:24Z', '2018-12-04T09:54:24.000Z'],
    ['1999-12-01T09:00Z', '1999-12-01T09:00:00.000Z'],
    ['2022-07-31T10:26:25.000Z', '2022-07-31T10:26:25.000Z'],
    ['2026-10-20T08:15:30.1234567+02:00', '2026-10-20T06:15:30.000Z'],
    ['2019-11-20 10:30am GMT', '2019-11-20T10:30:00.000Z'],
    ['2018-12-21 7:07pm GMT', '2018-12-21T19:07:00.000Z'],
    ['2026-10-31 12:05am GMT', '2026-10-31T00:05:00.000Z'],
    ['2026-10-31 12:05pm GMT', '2026-10-31T12:05:00.000Z'],
    ['November 26, 2025', '2025-11-26'],
    ['Nov 26, 2025', '2025-11-26'],
    ['26th of November 2025', '2025-11-26'],
    ['26. November 2025', '2025-11-26'],
    ['26 de noviembre de 2025', '2025-11-26'],
    ['1er novembre 2025', '2025-11-01'],
    ['26 ноября 2025 г.', '2025-11-26'],
    ['26 listopada 2025', '2025-11-26'],
    ['2025年11月26日', '2025-11-26'],
    ['2025. 11. 26.', '2025-11-26'],
    ['2025/11/26', '2025-11-26'],
    ['26.11.2025', '2025-11-26'],
    ['26/11/2025', '2025-11-26'],
    ['11/26/2025', '2025-11-26'],
    ['05/05/2025', '2025-05-05'],
  ])('%s is %s', (text, expected) => {
    expect(readDate(text)).toBe(expected);
  });

  test('of two numbers that could be either is read only where the order is known', () => {
    expect(readDate('03/04/2025')).toBeNull();
    expect(readDate('03/04/2025', { slashOrder: 'day first' })).toBe('2025-04-03');
    expect(readDate('03/04/2025', { slashOrder: 'month first' })).toBe('2025-03-04');
  });

  test.each([
    '',
    'yesterday',
    '2025-02-30',
    'February 30, 2025',
    '2025-13-01',
    '2025-11-26 25:00Z',
    '2025-11-26 13:05pm GMT',
    'Version 3, November 2025',
    'November 2025',
    '26 November',
    '1 May 2 June 2025',
    '1889-01-01',
    '2101-01-01',
    '99999',
    '20251126',
    'May 4th be with you 2025',
    '__proto__',
  ])('is not read from %s', (text) => {
    expect(readDate(text)).toBeNull();
  });

  const days = fc
    .date({ min: new Date('1990-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));

  test.each(
    dateLocales.flatMap(
      (locale) =>
        [
          [locale, 'long'],
          [locale, 'medium'],
        ] as const,
    ),
  )('that %s writes %s is read back, or not at all', (locale, dateStyle) => {
    const format = new Intl.DateTimeFormat(locale, { dateStyle, timeZone: 'UTC' });
    const unread = new Set<number>();
    fc.assert(
      fc.property(days, (day) => {
        const read = readDate(format.format(new Date(day)));
        if (read === null) unread.add(Number(day.slice(5, 7)));
        else expect(read).toBe(day);
      }),
      { numRuns: 60 },
    );
    // months whose name means another one elsewhere; where months have numbers, and in the long forms, there is none
    expect(unread.size).toBeLessThanOrEqual(dateStyle === 'long' ? 0 : 2);
  });

  test('in ISO form with any offset is that moment', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1991-01-01'), max: new Date('2099-01-01'), noInvalidDate: true }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (date, offset) => {
          const moment = new Date(Math.floor(date.getTime() / 1000) * 1000);
          const local = new Date(moment.getTime() + offset * 60_000).toISOString().slice(0, 19);
          const two = (value: number) => String(value).padStart(2, '0');
          const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
          expect(readDate(`${local}${zone}`)).toBe(moment.toISOString());
        },
      ),
    );
  });

  test('of any text is ISO 8601 or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9 :T/.Zampv-]{0,30}$/)),
        (text) => {
          const read = readDate(text);
          expect(read === null || /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z)?$/.test(read)).toBe(true);
        },
      ),
    );
  });
});

test('a time stamp in milliseconds, or of another age, is none', () => {
  expect(dateOfEpoch(1764167475, 350704000)).toBe('2025-11-26T14:31:15.350Z');
  expect(dateOfEpoch(1764167475350)).toBeNull();
  expect(dateOfEpoch(0)).toBeNull();
  expect(dateOfEpoch(-1)).toBeNull();
});
