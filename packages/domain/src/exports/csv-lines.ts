import type { ColumnType } from '../datasets/column-types.ts';

export interface CsvOptions {
  /** Put an apostrophe before text that a spreadsheet would run as a formula (OWASP, CSV injection). */
  readonly escapeFormulas: boolean;
  /** Between cells; a comma by default. */
  readonly delimiter?: string | undefined;
  /** How a null is spelled, bare; by default as nothing. */
  readonly nulls?: string | undefined;
}

type Cells = readonly (string | null)[];

/** The names as a first line. */
export function csvHeader(names: readonly string[], options: CsvOptions): string {
  return lineOf(options)(names.map((name) => (options.escapeFormulas ? withoutFormula(name) : name)));
}

/** Rows as RFC 4180 lines. A null is nothing between the commas, an empty text is a pair of quotes. */
export function csvLines(
  rows: readonly Cells[],
  columns: readonly { readonly type: ColumnType }[],
  options: CsvOptions,
): string {
  // a number may begin with a minus; only what is text can be mistaken for a formula
  const risky = columns.map(({ type }) => options.escapeFormulas && (type === 'text' || type === 'jsonb'));
  const line = lineOf(options);
  return rows
    .map((row) => line(row.map((text, at) => (text !== null && risky[at] ? withoutFormula(text) : text))))
    .join('');
}

function lineOf({ delimiter = ',', nulls = '' }: CsvOptions): (cells: Cells) => string {
  const quoted = (text: string | null): string => {
    if (text === null) return nulls;
    const isPlain = text !== '' && text !== nulls && !text.includes(delimiter) && !/["\r\n]/.test(text);
    return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
  };
  return (cells) => {
    const text = cells.map(quoted).join(delimiter);
    // readers skip an empty line, and with it a row whose one cell is null
    return `${text === '' && cells.length === 1 ? '""' : text}\r\n`;
  };
}

/**
 * The text behind an apostrophe, where a spreadsheet would run it: some also take signs of full width, and look behind a
 * line's end.
 */
export const withoutFormula = (text: string): string => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text);
