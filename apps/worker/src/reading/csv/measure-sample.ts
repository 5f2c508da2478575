import type { Buffer } from 'node:buffer';
import { recordReaderOf } from '../fixed/record-reader-of.ts';
import { classifyValue, isTypedKind } from '../typing/classify-value.ts';
import { byte, type Grammar, isToldComment, seen } from './grammar.ts';
import { findLineEnd } from './line-ends.ts';
import { outcome } from './record-reader.ts';

/** The beginning of a text: `buffer[limit]` is a line feed, `atEnd` says whether the text ends there. */
export interface Sample {
  readonly buffer: Buffer;
  readonly limit: number;
  readonly atEnd: boolean;
  /** Physical line on which it begins; 1 if nothing is said. */
  readonly firstLine?: number;
}

/** How well a grammar explains a sample. */
export interface Measure {
  readonly grammar: Grammar;
  readonly records: number;
  /** The commonest number of fields, and the share of the records that have it. */
  readonly width: number;
  readonly fit: number;
  /** Width of the first record that is not blank. */
  readonly firstWidth: number;
  /** Records whose quoting is wrong. */
  readonly badQuotes: number;
  readonly quotedFields: number;
  /** Of the values that are not empty, the share that is a number, a date or another type. */
  readonly typed: number;
  /** Of the fields after a delimiter that are not empty, the share that begins with a blank. */
  readonly blankAfterDelimiter: number;
}

const maxRecords = 5000;
const maxFields = 4096;
const maxCells = 300_000;

/** Reads the sample under the grammar, from byte `from`. */
export function measureSample({ buffer, limit, atEnd }: Sample, grammar: Grammar, from = 0): Measure {
  const reader = recordReaderOf(grammar, maxFields);
  const widths = new Map<number, number>();
  const commentWidths = new Map<number, number>();
  const total = { records: 0, badQuotes: 0, cells: 0, values: 0, typed: 0, quoted: 0, later: 0, blankLed: 0 };
  let firstWidth = 0;
  for (let position = from; position < limit && total.records < maxRecords && total.cells < maxCells; ) {
    if (isToldComment(grammar, buffer, position, limit)) {
      position = findLineEnd(buffer, position, limit, true)?.next ?? limit;
      continue;
    }
    const result = reader.read(buffer, position, limit, atEnd);
    if (result === outcome.incomplete) break;
    if (result !== outcome.record) {
      const end = findLineEnd(buffer, reader.openedAt, limit, true);
      total.badQuotes++;
      total.records++;
      position = end?.next ?? limit;
      continue;
    }
    const blank = reader.fieldCount === 1 && reader.textEnd === position;
    const isComment = buffer[position] === byte.hash && grammar.comment === undefined;
    position = reader.end;
    if (blank) continue;
    if (isComment) {
      commentWidths.set(reader.fieldCount, (commentWidths.get(reader.fieldCount) ?? 0) + 1);
      continue;
    }
    total.records++;
    if (firstWidth === 0) firstWidth = reader.fieldCount;
    widths.set(reader.fieldCount, (widths.get(reader.fieldCount) ?? 0) + 1);
    const kept = Math.min(reader.fieldCount, maxFields);
    total.cells += kept;
    for (let field = 0; field < kept; field++) {
      const start = reader.starts[field]!;
      const end = reader.ends[field]!;
      const mask = reader.masks[field]!;
      if (field > 0 && end > start) total.later++;
      if ((mask & seen.quoted) !== 0) total.quoted++;
      else if (field > 0 && buffer[start] === byte.space && end > start) total.blankLed++;
      if (start === end) continue;
      total.values++;
      if (isTypedKind(classifyValue(buffer, start, end, mask))) total.typed++;
    }
  }
  // what looks like a comment counts only where there is nothing else
  if (widths.size === 0) {
    for (const [width, count] of commentWidths) {
      widths.set(width, count);
      total.records += count;
      firstWidth ||= width;
    }
  }
  const [width, most] = [...widths].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0]);
  return {
    grammar,
    records: total.records,
    width,
    fit: total.records === 0 ? 0 : most / total.records,
    firstWidth,
    badQuotes: total.badQuotes,
    quotedFields: total.quoted,
    typed: total.values === 0 ? 0 : total.typed / total.values,
    blankAfterDelimiter: total.later === 0 ? 0 : total.blankLed / total.later,
  };
}
