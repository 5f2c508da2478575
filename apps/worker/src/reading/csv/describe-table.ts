import type { Dialect } from '../inspection.ts';
import type { SettledTable } from './settle-table.ts';
import type { TableFindings } from './table-findings.ts';

const character = (code: number) => String.fromCharCode(code);

/** The dialect as people write it. */
export function describeDialect(
  { grammar, start, skippedLines, comments }: SettledTable,
  findings: TableFindings,
): Dialect {
  const [, lf, crlf, cr] = findings.lineEnds;
  const kinds = (['lf', 'crlf', 'cr'] as const).filter((_, index) => [lf, crlf, cr][index]! > 0);
  const quote = grammar.quote === null ? null : character(grammar.quote);
  return {
    delimiter: character(grammar.delimiter),
    quote,
    escape: grammar.backslash ? '\\' : quote,
    skipInitialSpace: grammar.skipInitialSpace,
    headerRows: start.header ? 1 : 0,
    skippedLines,
    comment: comments ? '#' : null,
    lineEnd: kinds.length > 1 ? 'mixed' : (kinds[0] ?? 'none'),
  };
}

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** What a user should know of how the table was read. */
export function describeTable(table: SettledTable, findings: TableFindings): string[] {
  const { start, skippedLines, columns } = table;
  const notes: string[] = [];
  if (skippedLines > 0) {
    const text = start.preamble.map((row) => row.text).find((line) => line !== '');
    const sample = text === undefined ? '' : `: ${JSON.stringify(text)}`;
    notes.push(
      `${plural(skippedLines, 'line', 'lines')} above the table ${skippedLines === 1 ? 'was' : 'were'} skipped${sample}.`,
    );
  }
  if (!start.header) notes.push('The file has no header: columns are named by their position.');
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
  return notes;
}
