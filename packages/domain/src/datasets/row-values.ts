import type { ColumnType } from './schema.ts';

export type CellValue = string | number | boolean | null | { readonly [key: string]: unknown } | readonly unknown[];

/**
 * A cell from Postgres' text form. JSON-safe in every transport: bigint is a number while a double holds it exactly, else
 * its digits as a string; numeric is always a string; times are ISO 8601 strings.
 */
export function cellValue(type: ColumnType, text: string | null): CellValue {
  if (text === null) return null;
  switch (type) {
    case 'boolean':
      return text === 't';
    case 'bigint': {
      const value = Number(text);
      return Number.isSafeInteger(value) ? value : text;
    }
    case 'double precision':
      return Number(text);
    case 'jsonb':
      return JSON.parse(text);
    case 'timestamp':
      return text.replace(' ', 'T');
    case 'timestamptz':
      return text
        .replace(' ', 'T')
        .replace(/([+-]\d\d)$/, '$1:00')
        .replace('+00:00', 'Z');
    case 'numeric':
    case 'date':
    case 'time':
    case 'uuid':
    case 'text':
      return text;
  }
}
