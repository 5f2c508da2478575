import { isTypedKind } from '../typing/classify-value.ts';
import { type LexicalClass, lexicalClass } from '../typing/lexical-class.ts';
import type { LeadingRow } from './leading-rows.ts';

export const isEmpty = (kind: LexicalClass) => kind <= lexicalClass.emptyString;
/** Whether nearly all values of a column in these rows are typed. */
export function isTypedColumn(body: readonly LeadingRow[], column: number): boolean {
  const kinds = body.map((row) => row.kinds[column] ?? lexicalClass.null).filter((kind) => !isEmpty(kind));
  return kinds.length > 0 && kinds.filter(isTypedKind).length >= 0.8 * kinds.length;
}

/**
 * Whether a row names columns rather than fills them. Each column votes: a text above numbers is a name, a number above
 * numbers is a value, and so is a text that comes again below. Where nothing speaks either way, distinct texts are names.
 */
export function looksLikeHeader(row: LeadingRow, body: readonly LeadingRow[]): boolean {
  const years = hasRisingYears(row);
  let votes = years ? 1 : 0;
  for (let column = 0; column < row.cells.length; column++) votes += voteOf(row, body, column, years);
  if (votes !== 0) return votes > 0;
  const names = row.cells.filter((_, column) => !isEmpty(row.kinds[column]!)).map((cell) => cell.trim().toLowerCase());
  return (
    names.length * 2 >= row.cells.length &&
    new Set(names).size === names.length &&
    names.every((name) => name.length <= 1000 && /\p{L}/u.test(name)) &&
    !row.kinds.some(isTypedKind)
  );
}

function voteOf(row: LeadingRow, body: readonly LeadingRow[], column: number, years: boolean): number {
  const kind = row.kinds[column]!;
  if (isEmpty(kind)) return 0;
  if (isTypedColumn(body, column)) {
    if (!isTypedKind(kind)) return 1;
    return years ? 0 : -1;
  }
  const cell = row.cells[column]!;
  const below = body.map((other) => other.cells[column] ?? '').filter((text) => text !== '');
  if (below.includes(cell)) return -1;
  if (below.length >= 5 && new Set(below).size * 2 <= below.length) return 0.5;
  const [first] = below;
  return first !== undefined &&
    below.length >= 3 &&
    cell.length !== first.length &&
    below.every((text) => text.length === first.length)
    ? 0.5
    : 0;
}

/** `Year, 2000, 2001, 2002`: numbers, and yet names. */
function hasRisingYears(row: LeadingRow): boolean {
  const years = row.cells.filter((_, column) => row.kinds[column] === lexicalClass.integer).map(Number);
  return (
    years.length >= 3 &&
    years.every((year, index) => year >= 1000 && year < 3000 && (index === 0 || year > years[index - 1]!)) &&
    row.kinds.every((kind) => kind === lexicalClass.integer || !isTypedKind(kind))
  );
}
