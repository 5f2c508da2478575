import type { RowsExport } from '@granary/domain';

export interface CsvOptions {
  /** Put an apostrophe before text that a spreadsheet would run as a formula (OWASP, CSV injection). */
  readonly escapeFormulas: boolean;
}

type Columns = RowsExport['columns'];

/** The names as a first line. */
export function csvHeader(names: readonly string[], { escapeFormulas }: CsvOptions): string {
  return line(names.map((name) => (escapeFormulas ? withoutFormula(name) : name)));
}

/** Rows as RFC 4180 lines. A null is nothing between the commas, an empty text is a pair of quotes. */
export function csvLines(
  rows: readonly (readonly (string | null)[])[],
  columns: Columns,
  { escapeFormulas }: CsvOptions,
): string {
  // a number may begin with a minus; only what is text can be mistaken for a formula
  const risky = columns.map(({ type }) => escapeFormulas && (type === 'text' || type === 'jsonb'));
  return rows
    .map((row) => line(row.map((text, at) => (text !== null && risky[at] ? withoutFormula(text) : text))))
    .join('');
}

function line(cells: readonly (string | null)[]): string {
  const text = cells.map(quoted).join(',');
  // readers skip an empty line, and with it a row whose one cell is null
  return `${text === '' && cells.length === 1 ? '""' : text}\r\n`;
}

function quoted(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const withoutFormula = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
