import { DomainError } from '../../errors/domain-error.ts';
import type { ColumnType } from '../column-types.ts';
import { spelling } from '../row-columns.ts';
import type { CellValue } from '../row-values.ts';

/** What JSON type a cell of a column may have, beside null. */
const accepts: Record<Exclude<ColumnType, 'jsonb'>, (value: CellValue) => boolean> = {
  boolean: (value) => typeof value === 'boolean',
  bigint: (value) => typeof value === 'string' || Number.isSafeInteger(value),
  'double precision': (value) => typeof value === 'number' || typeof value === 'string',
  numeric: (value) => typeof value === 'number' || typeof value === 'string',
  date: isString,
  time: isString,
  timestamp: isString,
  timestamptz: isString,
  uuid: isString,
  text: isString,
};

function isString(value: CellValue): boolean {
  return typeof value === 'string';
}

/**
 * A caller's cell as text that Postgres casts to the column's type; the inverse of cellValue. Throws DomainError invalid,
 * with column and type, for what is not one. Whether it is in range, Postgres decides.
 */
export function cellText(type: ColumnType, value: CellValue, column: string): string | null {
  if (value === null) return null;
  if (type === 'jsonb') {
    const json = JSON.stringify(value);
    if (unstorable.test(json)) throw notStored(type, column);
    return json;
  }
  if (!accepts[type](value)) throw notOfType(value, type, column);
  const text = Object.is(value, -0) ? '-0' : String(value);
  if (!spelling[type].test(text)) throw notOfType(value, type, column);
  if (!text.isWellFormed()) throw notStored(type, column);
  return text;
}

/** What JSON.stringify escapes and no text of Postgres holds: NUL, and half of a surrogate pair. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

const notStored = (type: ColumnType, column: string): DomainError =>
  new DomainError('invalid', `${column} cannot hold NUL, nor half of a surrogate pair`, { column, type });

const notOfType = (value: CellValue, type: ColumnType, column: string): DomainError =>
  new DomainError('invalid', `${JSON.stringify(value).slice(0, 100)} is not a ${type}, which ${column} is`, {
    column,
    type,
  });
