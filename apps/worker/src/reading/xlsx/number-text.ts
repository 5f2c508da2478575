import type { NumberKind } from './number-formats.ts';

/** What a double surely holds apart from its neighbours; Excel writes as many where it must. */
const doubleDigits = 17;
const dayMilliseconds = 86_400_000;
/** 9999-12-31, the last day that Excel has. */
const lastSerial = 2_958_466;

/**
 * A number as it is meant: Excel calculates in doubles and may write `0.10000000000000001` for 0.1, so the shortest spelling
 * of the same double is taken. Whole numbers, and those with more digits than a double has, were written by something else and
 * stay as they are, digit for digit. null: it is no number.
 */
export function numberText(raw: string): string | null {
  const text = raw.trim();
  if (/^-?\d+$/.test(text)) return text;
  const parts = /^[-+]?(\d*)\.?(\d*)(?:[eE][-+]?\d+)?$/.exec(text);
  if (!parts) return null;
  const digits = `${parts[1]}${parts[2]}`.replace(/^0+/, '').replace(/0+$/, '');
  const number = Number(text);
  if (!Number.isFinite(number)) return null;
  if (digits.length > doubleDigits || (number === 0 && digits !== '')) return text;
  return String(number).replace('e+', 'e');
}

/** Milliseconds of the day as `hh:mm:ss`, with a fraction where there is one. */
function clock(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString().slice(11, 23);
  return text.endsWith('.000') ? text.slice(0, 8) : text;
}

function duration(days: number): string {
  const total = Math.round(Math.abs(days) * dayMilliseconds);
  const hours = Math.floor(total / 3_600_000);
  return `${days < 0 ? '-' : ''}${String(hours).padStart(2, '0')}${clock(total % 3_600_000).slice(2)}`;
}

/**
 * A number that is shown as a date or time, in ISO 8601. The day that is none, 1900-02-29, which Excel has from Lotus 1-2-3, is
 * written as it is shown, and so is day 0. What lies outside of Excel's calendar stays a number.
 */
export function dateText(raw: string, kind: Exclude<NumberKind, 'number'>, date1904: boolean): string | null {
  const serial = Number(raw);
  const plain = numberText(raw);
  if (plain === null) return null;
  if (kind === 'duration') return Math.abs(serial) < lastSerial ? duration(serial) : plain;
  if (serial < 0 || serial >= lastSerial) return plain;
  let day = Math.floor(serial);
  let milliseconds = Math.round((serial - day) * dayMilliseconds);
  if (milliseconds === dayMilliseconds) {
    day++;
    milliseconds = 0;
  }
  // times may be entered into cells for timestamps, and then have no day
  if (day === 0 && !date1904 && kind !== 'date') return clock(milliseconds);
  if (day === 0 && kind === 'time') return clock(milliseconds);
  const date = dayText(day, date1904);
  return milliseconds === 0 && kind === 'date' ? date : `${date} ${clock(milliseconds)}`;
}

function dayText(day: number, date1904: boolean): string {
  if (!date1904 && day === 0) return '1900-01-00';
  if (!date1904 && day === 60) return '1900-02-29';
  const first = date1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, day > 60 ? 30 : 31);
  return new Date(first + day * dayMilliseconds).toISOString().slice(0, 10);
}
