import type { ColumnRule } from './column-rules.ts';

type DateOrder = ColumnRule['dateOrder'];

/** Why a text is no date, in words that can follow `it`. */
export interface NoDate {
  readonly why: string;
}

const notADate: NoDate = { why: 'is no date' };
const pattern = /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})$/;

/**
 * A date as ISO 8601. A year in front needs no order. Without an order, a date is taken only if it can be read in one way:
 * 31/12/2020, but not 03/04/2020. Years have four digits.
 */
export function isoDate(text: string, order: DateOrder): string | NoDate {
  const found = pattern.exec(text);
  if (!found) return notADate;
  const [, first = '', , second = '', third = ''] = found;
  if (first.length === 4) return third.length <= 2 ? (join(first, second, third) ?? notADate) : notADate;
  if (first.length > 2 || third.length !== 4) {
    return first.length <= 2 && third.length <= 2 ? { why: 'has a year without its century' } : notADate;
  }
  const dayFirst = join(third, second, first);
  const monthFirst = join(third, first, second);
  if (order === 'day-month-year') return dayFirst ?? notADate;
  if (order === 'month-day-year') return monthFirst ?? notADate;
  if (dayFirst && monthFirst && dayFirst !== monthFirst) {
    return { why: 'is a date in which day and month cannot be told apart (say dateOrder)' };
  }
  return dayFirst ?? monthFirst ?? notADate;
}

function join(year: string, month: string, day: string): string | null {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (y < 1 || m < 1 || m > 12 || d < 1) return null;
  // day 0 of the next month is the last of this one; setUTCFullYear, because years below 100 are years too
  const last = new Date(0);
  last.setUTCFullYear(y, m, 0);
  return d > last.getUTCDate() ? null : `${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?(?: ?([AaPp])[.]?[Mm][.]?)?$/;

/** A time of day as ISO 8601, from a clock of 24 hours or of 12 with AM and PM; null if it is none. */
export function isoTime(text: string): string | null {
  const found = clock.exec(text);
  if (!found) return null;
  const [, hours = '', minutes = '', seconds = '00', fraction = '', half] = found;
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  return `${String(hour).padStart(2, '0')}:${minutes}:${seconds}${fraction}`;
}
