import { type Grammar, isToldComment } from '../csv/grammar.ts';
import { findLineEnd } from '../csv/line-ends.ts';
import type { Sample } from '../csv/measure-sample.ts';
import { outcome } from '../csv/record-reader.ts';
import type { KnownGrammar } from '../csv/sniff-grammar.ts';
import { classifyValue, isTypedKind } from '../typing/classify-value.ts';
import { type FixedLayout, fixedGrammar, type Slice } from './fixed-layout.ts';
import { FixedReader } from './fixed-reader.ts';

const leastLines = 5;
/** From so many lines on, one blank at the same place in all of them is no accident. */
const enoughForOneBlank = 20;
const mostLines = 5000;
const mostCharacters = 4096;
const mostCells = 2_000_000;
const nearlyAll = 0.8;
/** Of the lines: so many must show that a gap is filled up with blanks, and is no blank inside of a value. */
const leastPadded = 0.1;

/**
 * The columns of a text that no delimiter parts, if they are aligned by blanks beyond doubt: the same places are blank in every
 * line, some lines have more blanks there than one, every line reaches the last column, and at least one column holds
 * values other than text. In any doubt null: what is guessed wrongly here would cut values in two.
 */
export function detectLayout(sample: Sample, from: number, comment: Grammar['comment']): FixedLayout | null {
  const lines = readLines(sample, from, comment);
  if (!lines || lines.length < leastLines) return null;
  const runs = runsOf(lines);
  const columns: Slice[] = [];
  for (const run of runs) {
    const before = columns.at(-1);
    if (before && !isGap(lines, before.end, run.start)) columns[columns.length - 1] = { ...before, end: run.end };
    else columns.push(run);
  }
  const first = columns[0];
  const last = columns.at(-1);
  if (!first || !last || columns.length < 2) return null;
  columns[0] = { ...first, start: 0 };
  columns[columns.length - 1] = { ...last, end: Number.POSITIVE_INFINITY };
  const layout = { slices: columns, isWhole: true };
  const shares = typedShares(sample, from, layout, comment);
  if (!shares) return null;
  const isTyped = (column: Slice) => (shares[columns.indexOf(column)] ?? 0) >= nearlyAll;
  // a blank that stands at the same place everywhere and parts no typed value may be a gap after all
  const isDoubtful = columns.some((column) => runs.filter((run) => isIn(run, column)).length > 1 && !isTyped(column));
  return !isDoubtful && columns.some(isTyped) ? layout : null;
}

const isIn = (run: Slice, column: Slice) => run.start >= column.start && run.end <= column.end;

/** By line and character, whether something stands there. null: it cannot be measured. */
function readLines({ buffer, limit, atEnd }: Sample, from: number, comment: Grammar['comment']): boolean[][] | null {
  const lines: boolean[][] = [];
  let cells = 0;
  for (let position = from; position < limit && lines.length < mostLines && cells < mostCells; ) {
    const end = findLineEnd(buffer, position, limit, atEnd);
    if (!end) break;
    const isComment = isToldComment({ comment }, buffer, position, limit);
    const text = buffer.toString('utf8', position, end.textEnd);
    position = end.next;
    if (text.trim() === '' || isComment) continue;
    if (text.length > 2 * mostCharacters || text.includes('\t')) return null;
    cells += text.length;
    lines.push(Array.from(text, (character) => character !== ' '));
  }
  return lines;
}

/** Characters that some line fills, as far as they stand side by side. */
function runsOf(lines: readonly boolean[][]): Slice[] {
  const width = lines.reduce((most, line) => Math.max(most, line.length), 0);
  const filled = Array<boolean>(width).fill(false);
  for (const line of lines) for (const [at, isFilled] of line.entries()) if (isFilled) filled[at] = true;
  const runs: Slice[] = [];
  for (let at = 0; at < width; at++) {
    if (!filled[at]) continue;
    const start = at;
    while (filled[at]) at++;
    runs.push({ start, end: at });
  }
  return runs;
}

/** Whether blanks between two runs part columns, and do not stand inside of values. */
function isGap(lines: readonly boolean[][], start: number, end: number): boolean {
  if (end - start > 1) return true;
  if (lines.length < enoughForOneBlank) return false;
  const padded = lines.filter((line) => line[start - 1] === false || line[end] === false).length;
  return padded >= Math.max(2, leastPadded * lines.length);
}

/** By column, the share of values below the first line that are typed. null: a line of the sample does not fit. */
function typedShares(
  { buffer, limit, atEnd }: Sample,
  from: number,
  layout: FixedLayout,
  comment: Grammar['comment'],
): number[] | null {
  const columns = layout.slices.length;
  const reader = new FixedReader(fixedGrammar(layout), layout, columns);
  const counts = layout.slices.map(() => ({ values: 0, typed: 0 }));
  let lines = 0;
  for (let position = from; position < limit; ) {
    const isComment = isToldComment({ comment }, buffer, position, limit);
    if (reader.read(buffer, position, limit, atEnd) !== outcome.record) break;
    position = reader.end;
    if (isComment || reader.mask === 0) continue;
    if (reader.fieldCount !== columns) return null;
    if (lines++ === 0) continue; // names, perhaps
    for (const [column, count] of counts.entries()) {
      const [start, end] = [reader.starts[column]!, reader.ends[column]!];
      if (start === end) continue;
      count.values++;
      if (isTypedKind(classifyValue(buffer, start, end, reader.masks[column]!))) count.typed++;
    }
  }
  return counts.map(({ values, typed }) => (values === 0 ? 0 : typed / values));
}

/** Whether the user's word leaves it open how fields are told apart. */
export const mayBeFixed = ({ delimiter, quote, backslash, skipInitialSpace }: KnownGrammar): boolean =>
  [delimiter, quote, backslash, skipInitialSpace].every((said) => said === undefined);
