import { monthOf } from './month-names.ts';

/** Marketplaces are younger; a time stamp in milliseconds that was taken for seconds is far above. */
const earliest = Date.UTC(1990, 0, 1);
const latest = Date.UTC(2100, 0, 1);

const stamp =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)? ?(am|pm)? ?(z|gmt|utc|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Words and marks that dates have around their parts: "26 de noviembre de 2025", "26th of", "2025年11月26日", "26 ноября 2025
 * г."
 */
const fillers = new Set('de del of the th st nd rd er le den d o г р року года год 年 月 日 년 월 일 a'.split(' '));

export interface DateOptions {
  /** Of a date like 03/04/2025, which is unreadable where the order is unknown. */
  readonly slashOrder?: 'day first' | 'month first';
}

/**
 * A date or a time as ISO 8601: "2025-11-26", or with a time in UTC. Reads ISO forms, "2019-11-20 10:30am GMT", "November
 * 26, 2025", "26. November 2025", "26/11/2025", "26.11.2025" and "2025年11月26日" in the languages of month-names.ts. A time
 * without a zone is taken as UTC. Null for what is none, does not exist (February 30) or could be two different days.
 */
export function readDate(text: string, options: DateOptions = {}): string | null {
  if (text.length > 100) return null;
  const trimmed = text.replace(/[\u200e\u200f]/g, '').trim();
  const iso = stamp.exec(trimmed);
  if (iso !== null) return readStamp(iso);
  return readWords(trimmed.toLowerCase(), options);
}

/** Seconds since 1970, with nanoseconds beside them or without. */
export function dateOfEpoch(seconds: number | null, nanoseconds: number | null = null): string | null {
  if (seconds === null) return null;
  const time = seconds * 1000 + Math.floor((nanoseconds ?? 0) / 1e6);
  return time >= earliest && time < latest ? new Date(time).toISOString() : null;
}

function readStamp(found: RegExpExecArray): string | null {
  const [, year, month, day, hour, minute, second = '0', half, zone = 'Z'] = found;
  const date = dayOf(Number(year), Number(month), Number(day));
  if (date === null || hour === undefined) return date;
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (
    hours > 23 ||
    Number(minute) > 59 ||
    Number(second) > 59 ||
    (half !== undefined && (Number(hour) > 12 || Number(hour) < 1))
  )
    return null;
  const time =
    Date.parse(`${date}T00:00:00Z`) + ((hours * 60 + Number(minute) - offsetOf(zone)) * 60 + Number(second)) * 1000;
  return time >= earliest && time < latest ? new Date(time).toISOString() : null;
}

/** In minutes east of Greenwich. */
function offsetOf(zone: string): number {
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (found === null) return 0;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}

function readWords(text: string, { slashOrder }: DateOptions): string | null {
  const numbers: string[] = [];
  let month: number | undefined;
  for (const [token] of text.matchAll(/[0-9]+|[\p{L}\p{M}]+/gu)) {
    if (/^[0-9]/.test(token)) {
      numbers.push(token);
      continue;
    }
    const named = monthOf(token);
    if (named !== undefined && month === undefined) month = named;
    else if (!fillers.has(token)) return null;
  }
  if (/[^\p{L}\p{M}0-9\s.,/\-−–ºª()]/u.test(text)) return null;
  const years = numbers.filter((number) => number.length === 4);
  const others = numbers.filter((number) => number.length <= 2).map(Number);
  if (years.length !== 1 || years.length + others.length !== numbers.length) return null;
  const year = Number(years[0]);
  const [first = 0, second = 0] = others;
  if (month !== undefined) return others.length === 1 ? dayOf(year, month, first) : null;
  if (others.length !== 2) return null;
  if (numbers[0]?.length === 4) return dayOf(year, first, second);
  if (numbers[2]?.length !== 4) return null;
  if (!text.includes('/') || slashOrder === 'day first' || first > 12) return dayOf(year, second, first);
  if (slashOrder === 'month first' || second > 12 || first === second) return dayOf(year, first, second);
  return null;
}

function dayOf(year: number, month: number, day: number): string | null {
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  if (!(time >= earliest && time < latest) || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    return null;
  return date.toISOString().slice(0, 10);
}
