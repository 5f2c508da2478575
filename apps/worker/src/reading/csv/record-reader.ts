import { Buffer } from 'node:buffer';
import { byte, type Grammar, quotedMasks, seen, unquotedMasks } from './grammar.ts';

export const outcome = {
  record: 0,
  /** The record goes on past the limit: read more and call again from its beginning. */
  incomplete: 1,
  /** Something other than a delimiter follows a closing quote, at `end`. */
  textAfterQuote: 2,
  /** The file ends inside quotes. */
  unclosedQuote: 3,
} as const;
export type Outcome = (typeof outcome)[keyof typeof outcome];

/** What #readQuoted answers instead of a position. */
const incomplete = -1;
const unclosed = -2;

export const lineEnd = { none: 0, lf: 1, crlf: 2, cr: 3 } as const;

/**
 * Reads one record at a time out of a buffer (RFC 4180 with the extensions of `Grammar`). What it found stays in its
 * fields until the next call: one object for a million records, because this is the hottest loop of a load.
 *
 * `buffer[limit]` must be a line feed, so that no loop has to look at the limit for every byte.
 */
export class RecordReader {
  /** Fields of the record; those past `capacity` are counted, but not kept. */
  fieldCount = 0;
  /** Content of each field, without its quotes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly masks: Int32Array;
  /** All masks or-ed. */
  mask = 0;
  /** Where the record's text ends, without its line end. */
  textEnd = 0;
  /** Where the next record begins; after `textAfterQuote`, what stands there. */
  end = 0;
  lineEnd: number = lineEnd.none;
  /** Line breaks inside quotes. */
  innerBreaks = 0;
  /** Where the last quoted field opened; without one, where the record begins. */
  openedAt = 0;
  /** The first character, from 1, that stands outside of the columns of a file of fixed width; 0: none does. */
  outsideAt = 0;

  readonly #delimiter: number;
  readonly #quote: number;
  readonly #backslash: boolean;
  readonly #skipBlanks: boolean;
  readonly #unquoted: Int32Array;
  readonly #quoted: Int32Array;
  readonly #capacity: number;

  constructor(grammar: Grammar, capacity: number) {
    this.#delimiter = grammar.delimiter;
    this.#quote = grammar.quote ?? -1;
    this.#backslash = grammar.backslash;
    this.#skipBlanks = grammar.skipInitialSpace;
    this.#unquoted = unquotedMasks(grammar);
    this.#quoted = quotedMasks(grammar);
    this.#capacity = capacity;
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.masks = new Int32Array(capacity);
  }

  /** Reads the record that begins at `from`, which is before `limit`. `atEnd`: the file ends at `limit`. */
  read(buffer: Uint8Array, from: number, limit: number, atEnd: boolean): Outcome {
    const unquoted = this.#unquoted;
    const delimiter = this.#delimiter;
    const capacity = this.#capacity;
    const quote = this.#quote;
    const skipBlanks = this.#skipBlanks;
    const { starts, ends, masks } = this;
    let position = from;
    let field = 0;
    let all = 0;
    this.innerBreaks = 0;
    this.openedAt = from;

    for (;;) {
      if (skipBlanks) while (buffer[position] === byte.space) position++;
      let start = position;
      let mask = 0;
      let end: number;
      if (buffer[position] === quote && position < limit) {
        const closing = this.#readQuoted(buffer, position, limit, atEnd);
        if (closing < 0) return closing === incomplete ? outcome.incomplete : outcome.unclosedQuote;
        start++;
        end = closing;
        mask = this.#quotedMask;
        position = closing + 1;
      } else {
        let bits = unquoted[buffer[position]!]!;
        while (bits !== seen.stop) {
          mask |= bits;
          bits = unquoted[buffer[++position]!]!;
        }
        end = position;
      }
      if (field < capacity) {
        starts[field] = start;
        ends[field] = end;
        masks[field] = mask;
      }
      all |= mask;
      field++;
      if (position >= limit) {
        if (!atEnd) return outcome.incomplete;
        this.lineEnd = lineEnd.none;
        this.end = limit;
      } else {
        const stop = buffer[position]!;
        if (stop === delimiter) {
          position++;
          continue;
        }
        if (stop === byte.lineFeed) {
          this.lineEnd = lineEnd.lf;
          this.end = position + 1;
        } else if (stop === byte.carriageReturn) {
          if (position + 1 >= limit && !atEnd) return outcome.incomplete;
          const pair = position + 1 < limit && buffer[position + 1] === byte.lineFeed;
          this.lineEnd = pair ? lineEnd.crlf : lineEnd.cr;
          this.end = position + (pair ? 2 : 1);
        } else {
          this.end = position;
          return outcome.textAfterQuote;
        }
      }
      this.fieldCount = field;
      this.mask = all;
      this.textEnd = position;
      return outcome.record;
    }
  }

  /** Why the last record is no row, in words for the quarantine, if it has not so many fields. */
  describeWidth(columns: number): string {
    return `${this.fieldCount} ${this.fieldCount === 1 ? 'field' : 'fields'} where ${columns} are expected`;
  }

  /** Gives the last record empty fields at its end, so that it has so many; at most `capacity`. */
  padTo(fields: number): void {
    this.starts.fill(this.textEnd, this.fieldCount, fields);
    this.ends.fill(this.textEnd, this.fieldCount, fields);
    this.masks.fill(0, this.fieldCount, fields);
    this.fieldCount = fields;
  }

  #quotedMask = 0;

  /** Position of the closing quote of the field that opens at `open`, or `incomplete`, or `unclosed`. */
  #readQuoted(buffer: Uint8Array, open: number, limit: number, atEnd: boolean): number {
    const masks = this.#quoted;
    const quote = this.#quote;
    let mask: number = seen.quoted;
    let position = open + 1;
    this.openedAt = open;
    for (;;) {
      let bits = masks[buffer[position]!]!;
      while (bits !== seen.stop) {
        mask |= bits;
        bits = masks[buffer[++position]!]!;
      }
      if (position >= limit) return atEnd ? unclosed : incomplete;
      const next = position + 1;
      if (next >= limit && !atEnd) return incomplete;
      const stop = buffer[position];
      if (stop === quote) {
        if (next >= limit || buffer[next] !== quote) break;
        mask |= seen.escaped | seen.quote;
        position += 2;
      } else if (stop === byte.backslash) {
        if (next >= limit) return unclosed;
        mask |= seen.escaped | seen.other | (buffer[next] === byte.nul ? seen.nul : 0);
        // a line break after it is left for the loop to count
        position = buffer[next] === byte.lineFeed || buffer[next] === byte.carriageReturn ? next : next + 1;
      } else {
        // CR LF is one break, counted at its LF
        if (stop === byte.lineFeed || buffer[next] !== byte.lineFeed || next >= limit) this.innerBreaks++;
        mask |= seen.lineBreak | seen.other;
        position++;
      }
    }
    this.#quotedMask = mask;
    return position;
  }

  /** The bytes that field `index` of the last record means: a view, or a copy if an escape had to be undone. */
  content(buffer: Buffer, index: number): Buffer {
    const start = this.starts[index]!;
    const end = this.ends[index]!;
    if ((this.masks[index]! & seen.escaped) === 0) return buffer.subarray(start, end);
    const result = Buffer.allocUnsafe(end - start);
    let length = 0;
    for (let position = start; position < end; position++) {
      const code = buffer[position];
      const next = position + 1 < end ? buffer[position + 1] : -1;
      const escapes =
        (code === this.#quote && next === this.#quote) ||
        (this.#backslash && code === byte.backslash && (next === this.#quote || next === byte.backslash));
      if (escapes) position++;
      result[length++] = buffer[position]!;
    }
    return result.subarray(0, length);
  }
}
