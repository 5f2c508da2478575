import type { DialectOverrides } from '../inspection.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, TextFile } from '../reading-plan.ts';
import { findFooter } from './find-footer.ts';
import { findTables, type TableSection } from './find-tables.ts';
import type { Grammar } from './grammar.ts';
import { findLineEnd } from './line-ends.ts';
import type { Sample } from './measure-sample.ts';
import { headerRowsOf, skipLines } from './settle-table.ts';
import { type KnownGrammar, sniffGrammar } from './sniff-grammar.ts';

/** One of several tables of a file, and the others. */
export interface ChosenTable {
  /** From 1, in the order of the file. */
  readonly number: number;
  readonly sections: readonly TableSection[];
  /** How the records of the others are told apart. */
  readonly grammar: Grammar;
}

/**
 * The table that is to be read, if the text holds several: the one that the user says, or the longest. null: it holds one.
 * Throws ReadError `choice_needed` if there is no table of the number that the user says.
 */
export async function chooseTable(
  text: TextFile,
  sample: Sample,
  known: KnownGrammar,
  overrides: DialectOverrides,
  context: ReadingContext,
): Promise<ChosenTable | null> {
  const { table: told, skipLines: above = 0, skipFooterLines = 0, ragged } = overrides;
  const grammar = grammarOfBlocks(sample, known);
  const skipped = skipLines(sample, above);
  const from = text.bomBytes + skipped.offset;
  const to = Math.max(from, findFooter(text, skipFooterLines)?.offset ?? text.size);
  const signs = { names: headerRowsOf(overrides) !== 0, widths: ragged !== 'pad' };
  const sections = grammar
    ? await findTables(text, { from, to, line: 1 + skipped.lines }, grammar, signs, context)
    : [];
  if (!grammar || sections.length === 0) {
    if (told === undefined || told === 1) return null;
    throw new ReadError('choice_needed', `The file holds one table, and the option table asks for number ${told}.`);
  }
  const most = Math.max(...sections.map(({ records }) => records));
  const number = told ?? sections.findIndex(({ records }) => records === most) + 1;
  if (number <= sections.length) return { number, sections, grammar };
  throw new ReadError(
    'choice_needed',
    `The file holds ${sections.length} tables, and the option table asks for number ${number}: ${listSections(sections)}.`,
    { tables: sections.map(({ firstLine, lastLine }) => ({ firstLine, lastLine })) },
  );
}

const listed = 20;

/** @example 'table 1 on lines 1 to 4, table 2 on lines 6 to 106' */
export function listSections(sections: readonly TableSection[]): string {
  const shown = sections
    .slice(0, listed)
    .map(({ firstLine, lastLine }, index) => `table ${index + 1} on lines ${firstLine} to ${lastLine}`);
  return `${shown.join(', ')}${sections.length > listed ? ` and ${sections.length - listed} more` : ''}`;
}

/** Of the whole sample, or, where several widths leave no table in it, of the first part that has one. null: one column. */
function grammarOfBlocks(sample: Sample, known: KnownGrammar): Grammar | null {
  const whole = sniffGrammar(sample, 0, known);
  if (whole.width > 1) return whole.grammar;
  for (const part of partsOf(sample)) {
    const measure = sniffGrammar(part, 0, known);
    if (measure.width > 1) return measure.grammar;
  }
  return null;
}

const enoughLines = 3;
const mostParts = 20;

/** Lines between blank lines. */
function partsOf({ buffer, limit }: Sample): Sample[] {
  const parts: Sample[] = [];
  let [from, lines, lastEnd] = [0, 0, 0];
  const close = () => {
    if (lines >= enoughLines)
      parts.push({ buffer: buffer.subarray(from, lastEnd + 1), limit: lastEnd - from, atEnd: true });
    lines = 0;
  };
  for (let position = 0; position < limit && parts.length < mostParts; ) {
    const end = findLineEnd(buffer, position, limit, true);
    if (!end) break;
    if (/^[\s,;|]*$/.test(buffer.toString('latin1', position, Math.min(end.textEnd, position + 1000)))) close();
    else {
      if (lines++ === 0) from = position;
      lastEnd = end.textEnd;
    }
    position = end.next;
  }
  close();
  return parts;
}
