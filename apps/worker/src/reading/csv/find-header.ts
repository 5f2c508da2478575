import { isTypedKind } from '../typing/classify-value.ts';
import { lexicalClass } from '../typing/lexical-class.ts';
import { joinNames } from './join-names.ts';
import type { LeadingRow } from './leading-rows.ts';
import { isEmpty, isTypedColumn, looksLikeHeader } from './looks-like-header.ts';

/** Where the table begins, and what its columns are called. */
export interface TableStart {
  /** One name per column, as in the file; empty where there is none. */
  readonly names: readonly string[];
  /** The rows that the names are made of: none, one, or as many as the user says. */
  readonly header: readonly LeadingRow[];
  /** Rows above the header or first row: titles, comments, blank lines. */
  readonly preamble: readonly LeadingRow[];
  readonly notes: readonly string[];
}

const maxPreamble = 60;

/**
 * Finds header and first row among the leading rows of a table that is `width` columns wide. `headerRows` is the user's
 * word, if there is one; `keepFirst`: the user said where the table begins.
 */
export function findTableStart(
  rows: readonly LeadingRow[],
  width: number,
  { headerRows, keepFirst }: { headerRows?: number | undefined; keepFirst: boolean },
): TableStart {
  const several = headerRows !== undefined && headerRows > 1;
  const top = keepFirst ? 0 : several ? firstOfWidth(rows, width) : findTop(rows, width);
  const candidate = rows[top];
  const preamble = rows.slice(0, top);
  if (!candidate) return { names: Array<string>(width).fill(''), header: [], preamble, notes: [] };
  const body = rows.slice(top + 1).filter((row) => row.width === width && row.filled > 0);
  const isHeader =
    headerRows === undefined ? candidate.width !== width || looksLikeHeader(candidate, body) : headerRows > 0;
  if (!isHeader) return { names: Array<string>(width).fill(''), header: [], preamble, notes: [] };
  if (several) {
    const header = rows.slice(top, top + headerRows);
    return { names: joinNames(header, width), header, preamble, notes: [] };
  }
  const fitted = fitNames(candidate, body, width);
  return {
    ...fitted,
    header: [candidate],
    preamble,
    notes: [...fitted.notes, ...secondHeader(rows, top, body, width)],
  };
}

/** Where several header rows begin: the upper ones often have few cells. */
const firstOfWidth = (rows: readonly LeadingRow[], width: number) =>
  Math.max(
    0,
    rows.findIndex((row) => row.width === width && row.filled > 0 && !row.startsWithHash),
  );

/** The first row that is filled like the table's rows, or is a header of one name more or less right above them. */
function findTop(rows: readonly LeadingRow[], width: number): number {
  const fills = rows
    .filter((row) => row.width === width && row.filled > 0)
    .map((row) => row.filled)
    .sort((a, b) => a - b);
  const typical = fills[fills.length >> 1] ?? 1;
  const least = Math.max(width <= 2 ? 1 : 2, typical / 2);
  const onlyComments = rows.every((row) => row.startsWithHash || row.filled === 0);
  for (let index = 0; index < Math.min(rows.length, maxPreamble); index++) {
    const row = rows[index]!;
    const isComment = row.startsWithHash && !onlyComments && (width === 1 || row.width !== width);
    if (isComment || row.filled === 0) continue;
    if (row.width === width && row.filled >= least) return index;
    if (isHeaderOfOtherWidth(row, rows.slice(index + 1), width)) return index;
  }
  return Math.max(
    0,
    rows.findIndex((row) => row.filled > 0),
  );
}

function isHeaderOfOtherWidth(row: LeadingRow, below: readonly LeadingRow[], width: number): boolean {
  if (width < 2 || row.width < 2 || Math.abs(row.width - width) !== 1) return false;
  if (row.kinds.some(isTypedKind) || row.filled < row.width - 1) return false;
  const next = below.slice(0, 3);
  const [first] = next;
  if (!first || !next.every((other) => other.width === width && other.filled > 0)) return false;
  // the true header may stand right below a line of two fields
  return !looksLikeHeader(
    first,
    below.slice(1).filter((other) => other.width === width),
  );
}

function fitNames(
  header: LeadingRow,
  body: readonly LeadingRow[],
  width: number,
): { names: string[]; notes: string[] } {
  const names = header.cells.map((cell) => cell.trim());
  if (names.length === width) return { names, notes: [] };
  const count = `The header has ${names.length} ${names.length === 1 ? 'name' : 'names'}, the rows have ${width} fields`;
  if (names.length > width) {
    return {
      names: names.slice(0, width),
      notes: [`${count}: the last ${names.length - width} of the names were left out.`],
    };
  }
  const missing = Array<string>(width - names.length).fill('');
  const lastIsEmpty = body.length > 0 && body.every((row) => isEmpty(row.kinds[width - 1] ?? lexicalClass.null));
  // R writes row names without a name of their own
  return missing.length === 1 && !lastIsEmpty
    ? { names: ['', ...names], notes: [`${count}: the first column, of row names, has no name.`] }
    : { names: [...names, ...missing], notes: [`${count}: the last columns have no name.`] };
}

/** Units, codes or a second line of titles below the header: rows to us, but worth knowing. */
function secondHeader(rows: readonly LeadingRow[], top: number, body: readonly LeadingRow[], width: number): string[] {
  const typed = Array.from({ length: width }, (_, column) => column).filter((column) => isTypedColumn(body, column));
  if (typed.length === 0) return [];
  return rows
    .slice(top + 1, top + 4)
    .filter((row) => row.width === width && row.filled > 0)
    .filter((row) => typed.filter((column) => row.kinds[column] === lexicalClass.text).length * 2 >= typed.length)
    .map(
      (row) =>
        `Line ${row.line} looks like another header row; it is kept as a row. headerRows says how many rows the header has.`,
    );
}
