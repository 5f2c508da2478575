import type { ColumnType } from './column-types.ts';

export type CellValue = string | number | boolean | null | { readonly [key: string]: unknown } | readonly unknown[];

/**
 * A cell from Postgres' text form. JSON-safe in every transport: bigint is a number while a double holds it exactly, else
 * its digits as a string; numeric is always a string; times are ISO 8601 strings; what JSON has no number for (NaN and the
 * infinities of double precision) is Postgres' word for it.
 */
export function cellValue(type: ColumnType, text: string | null): CellValue {
  if (text === null) return null;
  switch (type) {
    case 'boolean':
      return text === 't' || text === 'true'; // as the wire has it, or the cast to text
    case 'bigint': {
      const value = Number(text);
      return Number.isSafeInteger(value) ? value : text;
    }
    case 'double precision': {
      const value = Number(text);
      return Number.isFinite(value) ? value : text;
    }
    case 'jsonb':
      return JSON.parse(text);
    case 'timestamp':
    case 'timestamptz':
      return isoTime(text);
    case 'numeric':
    case 'date':
    case 'time':
    case 'uuid':
    case 'text':
      return text;
  }
}

/** The same as text that other programs read: nothing becomes a double on the way, so every digit stays. */
export function exportedText(type: ColumnType, text: string | null): string | null {
  if (text === null) return null;
  switch (type) {
    case 'boolean':
      return text === 't' ? 'true' : 'false';
    case 'timestamp':
    case 'timestamptz':
      return isoTime(text);
    case 'bigint':
    case 'double precision':
    case 'numeric':
    case 'jsonb':
    case 'date':
    case 'time':
    case 'uuid':
    case 'text':
      return text;
  }
}

/** '2026-11-21 09:02:00+00' → '2026-11-21T09:02:00Z'; without a zone there is none to add. */
const isoTime = (text: string): string =>
  text
    .replace(' ', 'T')
    .replace(/(:\d\d(?:\.\d+)?[+-]\d\d)$/, '$1:00')
    .replace(/\+00:00$/, 'Z');
