import { Buffer } from 'node:buffer';
import { detectLayout, mayBeFixed } from '../fixed/detect-layout.ts';
import { type FixedLayout, fixedGrammar, layoutOf } from '../fixed/fixed-layout.ts';
import { recordReaderOf } from '../fixed/record-reader-of.ts';
import { ByteWindow } from '../input/byte-window.ts';
import type { DialectOverrides } from '../inspection.ts';
import { ReadError } from '../read-error.ts';
import type { TextFile } from '../reading-plan.ts';
import { isCanonical } from './clean-copy.ts';
import { findTableStart, type TableStart } from './find-header.ts';
import { byte, type Grammar, seen } from './grammar.ts';
import { isProse } from './is-prose.ts';
import { type LeadingRow, readLeadingRows } from './leading-rows.ts';
import { findLineEnd } from './line-ends.ts';
import { type Measure, measureSample, type Sample } from './measure-sample.ts';
import { outcome } from './record-reader.ts';
import { type KnownGrammar, sniffGrammar } from './sniff-grammar.ts';

/** All that must be known before the rows are read. */
export interface SettledTable {
  readonly grammar: Grammar;
  readonly columns: number;
  readonly start: TableStart;
  /** Where the first row begins. */
  readonly bodyOffset: number;
  readonly bodyLine: number;
  readonly skippedLines: number;
  readonly comments: boolean;
  /** The header means to DuckDB what it means to us. */
  readonly headerIsPlain: boolean;
}

/** Enough of a text to tell its dialect, however long its lines. */
const enoughLines = 30;
const maxSampleBytes = 64 << 20;

/** The beginning of the text, from after its byte order mark. */
export function takeSample({ file, bomBytes, size, part }: TextFile): Sample {
  const window = new ByteWindow(file, bomBytes, size);
  window.advance(0);
  while (!window.atEnd && window.limit < maxSampleBytes && !hasLines(window.buffer, window.limit)) window.advance(0);
  const { buffer, limit, atEnd } = window;
  return { buffer, limit, atEnd, firstLine: part?.firstLine ?? 1 };
}

function hasLines(buffer: Buffer, limit: number): boolean {
  let position = 0;
  for (let lines = 0; lines < enoughLines; lines++) {
    const end = findLineEnd(buffer, position, limit, false);
    if (!end) return false;
    position = end.next;
  }
  return true;
}

/** What the user said, in bytes. Throws ReadError for what cannot be a delimiter or quote. */
export function knownGrammar(overrides: DialectOverrides): KnownGrammar {
  const code = (name: string, text: string) => {
    const number = text.length === 1 ? text.charCodeAt(0) : 0;
    if (number < 1 || number > 127 || number === byte.lineFeed || number === byte.carriageReturn) {
      throw new ReadError('unsupported', `The ${name} must be one ASCII character, not ${JSON.stringify(text)}.`);
    }
    return number;
  };
  return {
    ...(overrides.delimiter !== undefined && { delimiter: code('delimiter', overrides.delimiter) }),
    ...(overrides.quote !== undefined && { quote: overrides.quote === '' ? null : code('quote', overrides.quote) }),
    ...(overrides.escape !== undefined && { backslash: isBackslash(overrides) }),
    ...(overrides.skipInitialSpace !== undefined && { skipInitialSpace: overrides.skipInitialSpace }),
    ...(overrides.comment !== undefined && { comment: Buffer.from(overrides.comment) }),
  };
}

function isBackslash({ escape: told, quote }: DialectOverrides): boolean {
  if (told === '\\') return true;
  if (told === (quote ?? told)) return false;
  throw new ReadError(
    'unsupported',
    `Quotes are escaped by being doubled or by a backslash, not by ${JSON.stringify(told)}.`,
  );
}

/** Settles grammar, width, header and first row from the beginning of the text; `known` and `columns` are fixed if given. */
export function settleTable(
  sample: Sample,
  overrides: DialectOverrides,
  known: KnownGrammar,
  maxColumns: number,
  fixedColumns?: number,
): SettledTable {
  const skipped = skipLines(sample, overrides.skipLines ?? 0);
  const measure = measureGrammar(sample, skipped.offset, overrides, known);
  // where rows may be short, the header says how long they are meant to be
  const columns =
    fixedColumns ??
    measure.grammar.layout?.slices.length ??
    Math.max(1, measure.width, overrides.ragged === 'pad' ? measure.firstWidth : 0);
  if (columns > maxColumns) {
    throw new ReadError('too_large', `The file has ${columns} columns; ${maxColumns} are allowed.`, {
      columns,
      maxColumns,
    });
  }
  const { grammar } = measure;
  const { firstLine = 1 } = sample;
  const rows = readLeadingRows(sample, grammar, maxColumns, skipped.offset, firstLine + skipped.lines);
  if (rows.every((row) => row.filled === 0 && row.width <= 1 && row.text === '')) {
    throw new ReadError('not_a_table', 'The file is empty: it holds nothing but blank lines.');
  }
  if (known.delimiter === undefined && !grammar.layout && mayBeProse(measure) && isProse(rows.map((row) => row.text))) {
    throw new ReadError(
      'not_a_table',
      'This looks like a text rather than a table: no delimiter parts its lines into fields of values. If it is one, name its delimiter.',
    );
  }
  const start = named(
    findTableStart(rows, columns, {
      headerRows: headerRowsOf(overrides),
      keepFirst: overrides.skipLines !== undefined,
    }),
    overrides.names,
  );
  const first = start.header[0] ?? rows[start.preamble.length];
  const lastOfHeader = start.header.at(-1);
  const body = lastOfHeader
    ? { offset: lastOfHeader.end, line: lastOfHeader.endLine }
    : { offset: first?.start ?? 0, line: first?.line ?? firstLine };
  return {
    grammar,
    columns,
    start,
    bodyOffset: body.offset,
    bodyLine: body.line,
    skippedLines: (first?.line ?? firstLine) - firstLine,
    comments: start.preamble.some((row) => row.startsWithHash),
    headerIsPlain: isPlain(start.header, sample, grammar, columns),
  };
}

/** The grammar that the user gives or the sample suggests, and how well it explains that. */
function measureGrammar(sample: Sample, from: number, { widths }: DialectOverrides, known: KnownGrammar): Measure {
  const fixed = (layout: FixedLayout) => measureSample(sample, fixedGrammar(layout, known.comment), from);
  if (widths) return fixed(layoutOf(widths));
  const sniffed = sniffGrammar(sample, from, known);
  const layout = sniffed.width <= 1 && mayBeFixed(known) ? detectLayout(sample, from, known.comment) : null;
  return layout ? fixed(layout) : sniffed;
}

/** One column, or commas as they stand in sentences; no numbers, no quotes. */
function mayBeProse({ width, quotedFields, typed, grammar, blankAfterDelimiter }: Measure): boolean {
  if (quotedFields > 0 || typed > 0.05) return false;
  return width <= 1 || grammar.skipInitialSpace || blankAfterDelimiter > 0.9;
}

/** Where the text goes on behind so many lines, if it has them. */
export function skipLines({ buffer, limit, atEnd }: Sample, lines: number): { offset: number; lines: number } {
  let offset = 0;
  for (let line = 0; line < lines; line++) {
    const end = findLineEnd(buffer, offset, limit, atEnd);
    if (!end) return { offset, lines: line };
    offset = end.next;
  }
  return { offset, lines };
}

/** How many rows the user says that the header has; undefined: nothing is said. */
export function headerRowsOf({ hasHeader, headerRows, names }: DialectOverrides): number | undefined {
  if (hasHeader === undefined || headerRows === undefined || hasHeader === headerRows > 0) {
    // names that the user gives are no reason to take a row for a header and to leave it out
    return headerRows ?? (hasHeader === undefined ? names && 0 : Number(hasHeader));
  }
  throw new ReadError(
    'bad_options',
    `The options hasHeader (${hasHeader}) and headerRows (${headerRows}) contradict each other: say one of them.`,
  );
}

/** With the user's names for the columns. */
function named(start: TableStart, names: DialectOverrides['names']): TableStart {
  if (!names) return start;
  if (names.length === start.names.length) return { ...start, names };
  throw new ReadError(
    'bad_options',
    `The option names has ${names.length} names, and the table has ${start.names.length} columns.`,
  );
}

function isPlain(
  header: readonly LeadingRow[],
  { buffer, limit, atEnd }: Sample,
  grammar: Grammar,
  columns: number,
): boolean {
  const [only, ...others] = header;
  if (!only) return true;
  if (others.length > 0) return false;
  const from = only.start;
  const reader = recordReaderOf(grammar, columns);
  return (
    reader.read(buffer, from, limit, atEnd) === outcome.record &&
    reader.fieldCount === columns &&
    reader.innerBreaks === 0 &&
    (reader.mask & seen.nul) === 0 &&
    isCanonical(reader, grammar)
  );
}

/** Whether DuckDB may read the original, as far as can be told before its rows are seen. */
export function mayReadInPlace(
  { grammar, skippedLines, headerIsPlain, comments }: SettledTable,
  text: TextFile,
): boolean {
  return (
    !text.part &&
    skippedLines === 0 &&
    headerIsPlain &&
    !comments &&
    !text.hasInvalidBytes &&
    grammar.quote === byte.quote &&
    !grammar.backslash &&
    !grammar.skipInitialSpace
  );
}
