import { byte, type Grammar, seen, unquotedMasks } from '../csv/grammar.ts';
import { findLineEnd } from '../csv/line-ends.ts';
import { lineEnd, type Outcome, outcome, RecordReader } from '../csv/record-reader.ts';
import type { FixedLayout } from './fixed-layout.ts';

/**
 * Reads lines of fixed width: every line is a record, and a field is what stands in its columns, without the blanks around it.
 * Width is counted in characters (code points), not in bytes. A line has only the fields that it reaches, and one more
 * where something stands outside of a layout that is to cover it whole.
 */
export class FixedReader extends RecordReader {
  readonly #layout: FixedLayout;
  readonly #masks: Int32Array;
  /** Where reading stands in the line: the byte, and the character. */
  #position = 0;
  #character = 0;
  /** What was passed last, without the blanks around it. */
  #passed = { start: 0, end: 0, mask: 0, character: 0 };

  constructor(grammar: Grammar, layout: FixedLayout, capacity: number) {
    super(grammar, capacity);
    this.#layout = layout;
    this.#masks = unquotedMasks({ ...grammar, delimiter: byte.lineFeed });
  }

  override read(buffer: Uint8Array, from: number, limit: number, atEnd: boolean): Outcome {
    this.openedAt = from;
    const line = findLineEnd(buffer, from, limit, atEnd);
    if (!line) return outcome.incomplete;
    this.textEnd = line.textEnd;
    this.end = line.next;
    this.lineEnd = lineEndOf(buffer, line.textEnd, line.next);
    this.fieldCount = 0;
    this.mask = 0;
    this.outsideAt = 0;
    this.#position = from;
    this.#character = 0;
    const { slices, isWhole } = this.#layout;
    let outside = this.#passed;
    for (const { start, end } of slices) {
      if (this.#passOutside(buffer, start)) outside = { ...this.#passed };
      if (this.#position >= line.textEnd) break;
      this.#pass(buffer, end);
      this.#addField(this.#passed);
    }
    if (this.#passOutside(buffer, Number.POSITIVE_INFINITY)) outside = { ...this.#passed };
    if (this.mask === 0) this.#becomeBlank(from);
    else if (isWhole && this.outsideAt > 0) {
      this.padTo(Math.max(this.fieldCount, slices.length));
      this.#addField(outside);
    }
    return outcome.record;
  }

  override describeWidth(columns: number): string {
    if (this.#layout.isWhole && this.outsideAt > 0)
      return `something stands outside of the columns, at character ${this.outsideAt}`;
    const last = this.#layout.slices[columns - 1];
    const length = `${this.#character} ${this.#character === 1 ? 'character' : 'characters'}`;
    return `it has ${length}, and its last column begins with character ${(last?.start ?? 0) + 1}`;
  }

  /** Passes characters that are in no column; true: they are the first of the line that hold something. */
  #passOutside(buffer: Uint8Array, end: number): boolean {
    this.#pass(buffer, end);
    this.mask |= this.#passed.mask;
    if (this.#passed.mask === 0 || this.outsideAt > 0) return false;
    this.outsideAt = this.#passed.character + 1;
    return true;
  }

  /** Passes the characters before `end`. */
  #pass(buffer: Uint8Array, end: number): void {
    const { textEnd } = this;
    const passed = this.#passed;
    let position = this.#position;
    let character = this.#character;
    passed.start = position;
    passed.end = position;
    passed.mask = 0;
    for (; character < end && position < textEnd; character++) {
      const first = position;
      const code = buffer[position++]!;
      if (code >= 0x80) while (position < textEnd && (buffer[position]! & 0xc0) === 0x80) position++;
      if (code === byte.space) continue;
      if (passed.mask === 0) {
        passed.start = first;
        passed.character = character;
      } else if (passed.end < first) passed.mask |= seen.space;
      passed.mask |= this.#masks[code]!;
      passed.end = position;
    }
    this.#position = position;
    this.#character = character;
  }

  #addField({ start, end, mask }: { start: number; end: number; mask: number }): void {
    const index = this.fieldCount++;
    this.mask |= mask;
    if (index >= this.starts.length) return;
    this.starts[index] = start;
    this.ends[index] = end;
    this.masks[index] = mask;
  }

  /** A line of blanks is one empty field, as an empty line is. */
  #becomeBlank(from: number): void {
    this.fieldCount = 1;
    this.starts[0] = from;
    this.ends[0] = from;
    this.masks[0] = 0;
  }
}

function lineEndOf(buffer: Uint8Array, textEnd: number, next: number): number {
  if (next === textEnd) return lineEnd.none;
  if (next > textEnd + 1) return lineEnd.crlf;
  return buffer[textEnd] === byte.lineFeed ? lineEnd.lf : lineEnd.cr;
}
