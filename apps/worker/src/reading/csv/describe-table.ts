import { spansOf } from '../fixed/fixed-layout.ts';
import type { Dialect, DialectOverrides } from '../inspection.ts';
import type { Footer } from './find-footer.ts';
import type { SettledTable } from './settle-table.ts';
import type { TableFindings } from './table-findings.ts';

const character = (code: number) => String.fromCharCode(code);

/** The dialect as people write it. */
export function describeDialect(
  { grammar, start, skippedLines, comments }: SettledTable,
  { skipFooterLines, ragged, comment }: DialectOverrides,
  findings: TableFindings,
): Dialect {
  const [, lf, crlf, cr] = findings.lineEnds;
  const kinds = (['lf', 'crlf', 'cr'] as const).filter((_, index) => [lf, crlf, cr][index]! > 0);
  const quote = grammar.quote === null ? null : character(grammar.quote);
  return {
    delimiter: grammar.layout ? null : character(grammar.delimiter),
    quote,
    escape: grammar.backslash ? '\\' : quote,
    skipInitialSpace: grammar.skipInitialSpace,
    headerRows: start.header.length,
    skippedLines,
    skippedFooterLines: skipFooterLines ?? 0,
    comment: comment === undefined ? (comments ? '#' : null) : comment || null,
    ragged: ragged ?? 'quarantine',
    lineEnd: kinds.length > 1 ? 'mixed' : (kinds[0] ?? 'none'),
    tables: [],
    table: null,
    widths: grammar.layout ? spansOf(grammar.layout) : null,
  };
}

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** What a user should know of how the table was read. */
export function describeTable(
  table: SettledTable,
  footer: Footer | null,
  { skipFooterLines, names, widths }: DialectOverrides,
  findings: TableFindings,
): string[] {
  const { start, skippedLines, columns, grammar } = table;
  const notes: string[] = [];
  if (grammar.layout && !widths) {
    notes.push(
      `No delimiter parts its lines, but blanks align their columns: it was read as a file of fixed width (widths ${JSON.stringify(spansOf(grammar.layout))}). The option widths gives other columns, and a delimiter that the file does not hold reads a line as one.`,
    );
  }
  if (skippedLines > 0) {
    const text = start.preamble.map((row) => row.text).find((line) => line !== '');
    const sample = text === undefined ? '' : `: ${JSON.stringify(text)}`;
    notes.push(
      `${plural(skippedLines, 'line', 'lines')} above the table ${skippedLines === 1 ? 'was' : 'were'} skipped${sample}.`,
    );
  }
  if (start.header.length === 0 && !names) notes.push('The file has no header: columns are named by their position.');
  notes.push(...start.notes);
  if (columns === 1) notes.push('The file has one column.');
  const [, lf, crlf, cr] = findings.lineEnds;
  if ([lf, crlf, cr].filter((count) => count > 0).length > 1) {
    notes.push(
      `Line ends are mixed (${lf} LF, ${crlf} CR LF, ${cr} CR): each of them ends a row, unless it stands inside quotes.`,
    );
  }
  if (findings.blankLines > 0) notes.push(`${plural(findings.blankLines, 'blank line', 'blank lines')} skipped.`);
  if (findings.commentLines > 0) {
    notes.push(
      `${plural(findings.commentLines, 'comment line', 'comment lines')} skipped, the first on line ${findings.firstCommentLine}.`,
    );
  }
  if (findings.paddedRows > 0) {
    notes.push(`${plural(findings.paddedRows, 'row', 'rows')} with too few fields got NULL in the last columns.`);
  }
  if (findings.outsideRows > 0) {
    notes.push(
      `${plural(findings.outsideRows, 'row holds', 'rows hold')} something outside of the given columns, which was left out; the first is on line ${findings.firstOutsideLine}.`,
    );
  }
  if (footer) {
    notes.push(
      `${plural(skipFooterLines ?? 0, 'line', 'lines')} below the table left out, as told: ${JSON.stringify(footer.text)}.`,
    );
  } else notes.push(...describeTail(findings));
  return notes;
}

/** Rows of another shape behind the last that fits are mostly no rows, but sources and remarks. */
function describeTail({ tail, cleanRows }: TableFindings): string[] {
  if (tail.rows === 0 || cleanRows === 0) return [];
  const what = tail.rows === 1 ? 'The last row does' : `The last ${tail.rows} rows, from line ${tail.line} on, do`;
  return [
    `${what} not have the shape of the others, and ${tail.rows === 1 ? 'is' : 'are'} in quarantine: ` +
      'if this is a footer, skipFooterLines leaves it out.',
  ];
}
