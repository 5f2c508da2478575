import { Buffer } from 'node:buffer';
import type { ColumnType } from '@granary/domain/column-types';
import { JsonReader } from '../json/json-reader.ts';
import { isWholeJson } from '../json/whole-json.ts';
import type { ColumnRule } from './column-rules.ts';
import { lexicalClass as is, type LexicalClass } from './lexical-class.ts';
import { isoDate, isoTime, type NoDate } from './parse-date.ts';
import { isBearable, plainNumber } from './parse-number.ts';

/** A value as Postgres reads its type, or why it has none, in words that can follow the value. */
export type Reading = string | { readonly why: string };
type ValueReader = (text: string, rule: ColumnRule) => Reading;

/** Spellings that Postgres reads as they stand, whatever the rule: they need no second look. */
export const plainClasses: Readonly<Record<ColumnType, readonly LexicalClass[]>> = {
  boolean: [is.boolean],
  bigint: [is.integer, is.longInteger],
  'double precision': [is.integer, is.longInteger, is.notFinite],
  numeric: [is.integer, is.longInteger, is.notFinite],
  date: [is.isoDate],
  time: [is.time],
  timestamp: [is.isoTimestamp],
  timestamptz: [is.zonedTimestamp],
  uuid: [is.uuid],
  jsonb: [],
  text: [],
};

/** And these where the decimal separator is a point. */
export const plainWithPoint: Readonly<Partial<Record<ColumnType, readonly LexicalClass[]>>> = {
  'double precision': [is.decimal, is.exponent],
  numeric: [is.decimal, is.longDecimal, is.exponent, is.longExponent],
};

const booleans: ReadonlyMap<string, string> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((word): [string, string] => [word, 'true']),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((word): [string, string] => [word, 'false']),
]);
const notFinite = /^[-+]?(nan|inf|infinity)$/i;
const [minBigint, maxBigint] = [-(2n ** 63n), 2n ** 63n - 1n];
const zone = /^(.*\d) ?(Z|[-+]\d{2}(?::?\d{2})?)$/;
const uuid = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/**
 * How a text becomes a value of a type because the user says that it is one: more is taken than detection would, but
 * nothing that has two meanings, and nothing that would be changed other than by its spelling. Blanks around are dropped.
 */
export const valueReaders: Readonly<Record<ColumnType, ValueReader>> = {
  boolean: (text) => booleans.get(text.trim().toLowerCase()) ?? { why: 'is neither true nor false' },
  bigint(text, { decimalSeparator }) {
    const plain = plainNumber(text.trim(), decimalSeparator);
    if (plain === null || /e/i.test(plain)) return { why: 'is no whole number' };
    const [whole = '', fraction = ''] = plain.split('.');
    if (/[1-9]/.test(fraction)) return { why: 'is no whole number' };
    const value = BigInt(whole);
    return value < minBigint || value > maxBigint ? { why: 'is a number of too many digits' } : value.toString();
  },
  'double precision'(text, { decimalSeparator }) {
    const trimmed = text.trim();
    if (notFinite.test(trimmed)) return trimmed;
    const plain = plainNumber(trimmed, decimalSeparator);
    if (plain === null) return { why: 'is no number' };
    const value = Number(plain);
    // Postgres refuses what a double can only hold as infinity or zero
    const isHeld = Number.isFinite(value) && (Math.abs(value) >= 2.3e-308 || !/[1-9]/.test(plain.split(/e/i)[0] ?? ''));
    return isHeld ? plain : { why: 'is past what a double can hold' };
  },
  numeric(text, { decimalSeparator }) {
    const trimmed = text.trim();
    if (notFinite.test(trimmed)) return trimmed;
    const plain = plainNumber(trimmed, decimalSeparator);
    if (plain === null) return { why: 'is no number' };
    return isBearable(plain) ? plain : { why: 'is past what a column of numbers can hold' };
  },
  date(text, { dateOrder }) {
    const [, date = '', midnight] = /^(.*?)([ T]00?:00(:00(\.0+)?)?)?$/s.exec(text.trim()) ?? [];
    const found = isoDate(date, dateOrder);
    if (typeof found === 'string') return found;
    return midnight === undefined && typeof isoTimestamp(text.trim(), dateOrder) === 'string'
      ? { why: 'has a time of day' }
      : found;
  },
  time: (text) => isoTime(text.trim()) ?? { why: 'is no time of day' },
  timestamp(text, { dateOrder }) {
    const found = isoTimestamp(text.trim(), dateOrder);
    if (typeof found === 'string') return found;
    return zone.test(text.trim()) && /:/.test(text) ? { why: 'has a time zone' } : found;
  },
  timestamptz(text, { dateOrder }) {
    const [, local, offset = ''] = zone.exec(text.trim()) ?? [];
    if (local === undefined || !/:/.test(local)) return { why: 'has no time zone' };
    const found = isoTimestamp(local, dateOrder);
    if (typeof found !== 'string') return found;
    return isOffset(offset) ? `${found}${offset}` : { why: 'has no time zone that exists' };
  },
  uuid(text) {
    const found = uuid.exec(text.trim());
    return found ? found.slice(1).join('-').toLowerCase() : { why: 'is no UUID' };
  },
  jsonb(text) {
    const trimmed = text.trim();
    return isWholeJson(new JsonReader(), Buffer.from(trimmed)) ? trimmed : { why: 'is no JSON that can be kept whole' };
  },
  text: (text) => text,
};

function isoTimestamp(text: string, order: ColumnRule['dateOrder']): string | NoDate {
  const [date = '', ...rest] = text.split(/[ T]/);
  const day = isoDate(date, order);
  if (typeof day !== 'string') return day;
  if (rest.length === 0) return `${day} 00:00:00`;
  const time = isoTime(rest.join(' '));
  return time === null ? { why: 'has no time of day that exists' } : `${day} ${time}`;
}

const isOffset = (offset: string) =>
  offset === 'Z' || (Number(offset.slice(1, 3)) <= 14 && Number(offset.slice(3).replace(':', '') || 0) <= 59);
