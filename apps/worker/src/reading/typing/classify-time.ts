import { byte } from '../csv/grammar.ts';
import { type LexicalClass, lexicalClass } from './lexical-class.ts';

const letterT = 84;
const letterZ = 90;
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= daysOfMonth[month - 1]! + (leap ? 1 : 0);
}

/** The digits from `from`, at most `most`: their value, or -1 if there are none. */
function digits(buffer: Uint8Array, from: number, end: number, most: number): number {
  let value = -1;
  const stop = Math.min(end, from + most);
  for (let position = from; position < stop; position++) {
    const digit = buffer[position]! - byte.zero;
    if (digit < 0 || digit > 9) break;
    value = (value < 0 ? 0 : value * 10) + digit;
  }
  return value;
}

function countDigits(buffer: Uint8Array, from: number, end: number): number {
  let position = from;
  while (position < end && buffer[position]! >= byte.zero && buffer[position]! <= byte.nine) position++;
  return position - from;
}

/**
 * Position after `hh:mm[:ss[.ffffff]]`, or -1. At most six digits of a second: more would be rounded by Postgres.
 * 24:00 and leap seconds, which Postgres moves to the next day or minute, are refused.
 */
function skipTime(buffer: Uint8Array, from: number, end: number, hourDigits: number): number {
  if (buffer[from + hourDigits] !== byte.colon || digits(buffer, from, end, hourDigits) > 23) return -1;
  let position = from + hourDigits + 1;
  if (countDigits(buffer, position, end) !== 2 || digits(buffer, position, end, 2) > 59) return -1;
  position += 2;
  if (position >= end || buffer[position] !== byte.colon) return position;
  position++;
  if (countDigits(buffer, position, end) !== 2 || digits(buffer, position, end, 2) > 59) return -1;
  position += 2;
  if (position >= end || buffer[position] !== byte.dot) return position;
  const fraction = countDigits(buffer, position + 1, end);
  return fraction >= 1 && fraction <= 6 ? position + 1 + fraction : -1;
}

/** Whether `Z`, `+05`, `+0530` or `+05:30` stands from `from` to the end. */
function isZone(buffer: Uint8Array, from: number, end: number): boolean {
  if (buffer[from] === letterZ) return from + 1 === end;
  if (buffer[from] !== byte.plus && buffer[from] !== byte.minus) return false;
  const run = countDigits(buffer, from + 1, end);
  if (digits(buffer, from + 1, end, 2) > 14) return false;
  if (run === 4) return from + 5 === end && digits(buffer, from + 3, end, 2) <= 59;
  if (run !== 2) return false;
  if (from + 3 === end) return true;
  if (buffer[from + 3] !== byte.colon || countDigits(buffer, from + 4, end) !== 2) return false;
  return from + 6 === end && digits(buffer, from + 4, end, 2) <= 59;
}

const timestampOf = new Map<LexicalClass, LexicalClass>([
  [lexicalClass.isoDate, lexicalClass.isoTimestamp],
  [lexicalClass.yearFirstDate, lexicalClass.yearFirstTimestamp],
  [lexicalClass.dayFirstDate, lexicalClass.dayFirstTimestamp],
  [lexicalClass.monthFirstDate, lexicalClass.monthFirstTimestamp],
  [lexicalClass.ambiguousDate, lexicalClass.ambiguousTimestamp],
]);

/** The class of a date, a time of day, or both; null if it is none, or no day of the calendar. */
export function classifyTime(buffer: Uint8Array, start: number, end: number): LexicalClass | null {
  const length1 = countDigits(buffer, start, end);
  if (length1 !== 4 && length1 !== 1 && length1 !== 2) return null;
  const separator = buffer[start + length1];
  if (separator === byte.colon) {
    return length1 === 2 && skipTime(buffer, start, end, 2) === end ? lexicalClass.time : null;
  }
  if (separator !== byte.minus && separator !== byte.slash && separator !== byte.dot) return null;
  const start2 = start + length1 + 1;
  const length2 = countDigits(buffer, start2, end);
  const start3 = start2 + length2 + 1;
  if ((length2 !== 1 && length2 !== 2) || start3 >= end || buffer[start3 - 1] !== separator) return null;
  const length3 = countDigits(buffer, start3, end);
  const dateEnd = start3 + length3;
  const part1 = digits(buffer, start, end, 4);
  const part2 = digits(buffer, start2, end, 2);
  const part3 = digits(buffer, start3, end, 4);

  let date: LexicalClass;
  if (length1 === 4) {
    if (length3 < 1 || length3 > 2 || part1 < 1 || !isDay(part1, part2, part3)) return null;
    const iso = separator === byte.minus && length2 === 2 && length3 === 2;
    date = iso ? lexicalClass.isoDate : lexicalClass.yearFirstDate;
  } else {
    if (length3 !== 4 || part3 < 1) return null;
    const dayFirst = isDay(part3, part2, part1);
    const monthFirst = isDay(part3, part1, part2);
    if (!dayFirst && !monthFirst) return null;
    if (dayFirst && monthFirst) date = lexicalClass.ambiguousDate;
    else date = dayFirst ? lexicalClass.dayFirstDate : lexicalClass.monthFirstDate;
  }
  if (dateEnd === end) return date;

  const iso = date === lexicalClass.isoDate;
  if (buffer[dateEnd] !== byte.space && !(iso && buffer[dateEnd] === letterT)) return null;
  const hourDigits = countDigits(buffer, dateEnd + 1, end);
  if (hourDigits !== 2 && hourDigits !== 1) return null;
  const timeEnd = skipTime(buffer, dateEnd + 1, end, hourDigits);
  if (timeEnd < 0) return null;
  if (timeEnd < end)
    return iso && hourDigits === 2 && isZone(buffer, timeEnd, end) ? lexicalClass.zonedTimestamp : null;
  if (iso && hourDigits === 1) return buffer[dateEnd] === byte.space ? lexicalClass.yearFirstTimestamp : null;
  return timestampOf.get(date) ?? null;
}
