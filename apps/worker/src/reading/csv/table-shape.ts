import { lexicalClass } from '../typing/lexical-class.ts';
import type { LeadingRow } from './leading-rows.ts';
import { isEmpty, isTypedColumn, looksLikeHeader } from './looks-like-header.ts';

/** What a block of rows looks like, if it looks like a table. */
export interface TableShape {
  /** Cells of the row that names the columns; null: none does. */
  readonly header: readonly string[] | null;
  /** The columns that hold something: a spreadsheet gives all of its tables one width. */
  readonly from: number;
  readonly to: number;
  /** Fields of a row. */
  readonly width: number;
  /** By column: whether its values are numbers, dates or of another type. */
  readonly typed: readonly boolean[];
}

/** The share of rows of one width from which on they are a table with faults rather than notes. */
const enoughFit = 2 / 3;
/** What tells one table from another, as far as the user's word leaves it open. */
export interface TableSigns {
  /** A row may name columns. */
  readonly names: boolean;
  /** Rows of another width are no rows of the table above. */
  readonly widths: boolean;
}

const leastBody = 2;
const leastRows = 3;

/** The shape of a block by its first rows; null: titles, notes, or too few rows to say. */
export function shapeOf(rows: readonly LeadingRow[], signs: TableSigns): TableShape | null {
  // titles above the table
  const first = rows.findIndex(({ filled }) => filled > 1);
  const [top, ...body] = first < 0 ? [] : rows.slice(first);
  if (!top || body.length < leastBody) return null;
  const width = commonest(body.map((row) => row.width));
  const fitting = body.filter((row) => row.width === width);
  if (width < 2 || fitting.length < enoughFit * body.length) return null;
  const columns = Array.from({ length: width }, (_, column) => column);
  const filled = columns.filter((column) => fitting.some((row) => isFilled(row, column)));
  const [from, to] = [filled[0] ?? 0, (filled.at(-1) ?? 0) + 1];
  if (to - from < 2) return null;
  const isHeader = signs.names && isNames(top, from, to) && looksLikeHeader(top, fitting);
  if (!isHeader && body.length + 1 < leastRows) return null;
  return {
    header: isHeader ? top.cells.slice(from, to).map((cell) => cell.trim()) : null,
    from,
    to,
    width,
    typed: columns.map((column) => isTypedColumn(fitting, column)),
  };
}

/**
 * Whether a block behind a blank line is another table than the one above: it has names of its own, and another number
 * of columns or a name where the other has numbers; or, without names, rows of another width.
 */
export function isOtherTable(shape: TableShape, above: TableShape, signs: TableSigns): boolean {
  const { header, from, to } = shape;
  if (!header) return signs.widths && shape.width !== above.width;
  if (above.header && above.header.join('\0') === header.join('\0')) return false;
  if (to - from !== above.to - above.from || from !== above.from) return true;
  return header.some((_, index) => above.typed[from + index]);
}

/** Whether a row has a name for each of the columns and nothing else. */
function isNames({ cells, kinds }: LeadingRow, from: number, to: number): boolean {
  const named = kinds.slice(from, to);
  if (named.length < to - from || !named.every((kind) => kind === lexicalClass.text)) return false;
  if (kinds.some((kind, column) => (column < from || column >= to) && !isEmpty(kind))) return false;
  const names = cells.slice(from, to).map((cell) => cell.trim().toLowerCase());
  return new Set(names).size === names.length && names.every((name) => /\p{L}/u.test(name));
}

const isFilled = ({ kinds }: LeadingRow, column: number) => !isEmpty(kinds[column] ?? lexicalClass.null);

function commonest(widths: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const width of widths) counts.set(width, (counts.get(width) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0];
}
