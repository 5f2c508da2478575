import type { Buffer } from 'node:buffer';
import { recordReaderOf } from '../fixed/record-reader-of.ts';
import { shorten } from '../typing/bounded-text.ts';
import { classifyValue, isTypedKind } from '../typing/classify-value.ts';
import { type LexicalClass, lexicalClass } from '../typing/lexical-class.ts';
import { byte, type Grammar, isToldComment } from './grammar.ts';
import { countLineEnds, findLineEnd } from './line-ends.ts';
import type { Sample } from './measure-sample.ts';
import { outcome } from './record-reader.ts';

/** A record near the top of a file, kept whole because it may be a title, a comment, the header or the first row. */
export interface LeadingRow {
  readonly start: number;
  /** Where its text ends, without its line end. */
  readonly textEnd: number;
  /** Where the next one begins, and on which physical line. */
  readonly end: number;
  readonly endLine: number;
  readonly line: number;
  readonly lineEnd: number;
  /** 0: its quoting is wrong. */
  readonly width: number;
  readonly cells: readonly string[];
  readonly kinds: readonly LexicalClass[];
  readonly filled: number;
  readonly startsWithHash: boolean;
  readonly text: string;
}

const maxCells = 240_000;
const maxNameLength = 2000;

/**
 * The first rows from byte `from`, which stands on physical line `line`: more of a narrow file, a dozen of a wide one.
 * Lines that are comments because the user says so are left out.
 */
export function readLeadingRows(
  sample: Sample,
  grammar: Grammar,
  maxColumns: number,
  from: number,
  line: number,
): LeadingRow[] {
  const { buffer, limit, atEnd } = sample;
  const reader = recordReaderOf(grammar, maxColumns);
  const rows: LeadingRow[] = [];
  let cells = 0;
  let position = from;
  let currentLine = line;
  while (position < limit && rows.length < 300 && (rows.length < 12 || cells < maxCells)) {
    if (isToldComment(grammar, buffer, position, limit)) {
      position = findLineEnd(buffer, position, limit, true)?.next ?? limit;
      currentLine++;
      continue;
    }
    const result = reader.read(buffer, position, limit, atEnd);
    if (result === outcome.incomplete) break;
    const startsWithHash = buffer[position] === byte.hash && grammar.comment === undefined;
    const common = { start: position, line: currentLine, startsWithHash };
    if (result !== outcome.record) {
      const { textEnd, next } = findLineEnd(buffer, reader.openedAt, limit, true) ?? { textEnd: limit, next: limit };
      currentLine += countLineEnds(buffer, position, next);
      const text = rowText(buffer, position, textEnd);
      rows.push({
        ...common,
        textEnd,
        end: next,
        endLine: currentLine,
        lineEnd: 0,
        width: 0,
        cells: [],
        kinds: [],
        filled: 0,
        text,
      });
      position = next;
      continue;
    }
    const kept = Math.min(reader.fieldCount, maxColumns);
    const texts: string[] = [];
    const kinds: LexicalClass[] = [];
    for (let field = 0; field < kept; field++) {
      texts.push(shorten(reader.content(buffer, field).toString(), maxNameLength));
      kinds.push(classifyValue(buffer, reader.starts[field]!, reader.ends[field]!, reader.masks[field]!));
    }
    cells += kept;
    currentLine += reader.innerBreaks + 1;
    rows.push({
      ...common,
      textEnd: reader.textEnd,
      end: reader.end,
      endLine: currentLine,
      lineEnd: reader.lineEnd,
      width: reader.fieldCount,
      cells: texts,
      kinds,
      filled: kinds.filter((kind, field) => kind > lexicalClass.emptyString && texts[field]!.trim() !== '').length,
      text: rowText(buffer, position, reader.textEnd),
    });
    position = reader.end;
  }
  return rows;
}

/**
 * Above the table, a title has one text, or few in many cells. What has more, or a number or date, may be a row, and no row
 * may be lost.
 */
export const mayBeRow = ({ width, filled, kinds, startsWithHash }: LeadingRow) =>
  width === 0 || (!startsWithHash && ((filled >= 2 && filled * 2 >= width) || kinds.some(isTypedKind)));

const rowText = (buffer: Buffer, start: number, end: number) =>
  shorten(buffer.toString('utf8', start, Math.min(end, start + 400)), 120).trim();
