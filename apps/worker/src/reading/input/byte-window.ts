import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import { byte } from '../csv/grammar.ts';

const chunk = 4 << 20;

/**
 * A part of a file in memory that slides forwards, so that a record is always in one piece. Reads are synchronous: the
 * process that does this does nothing else, and gives way between windows.
 *
 * Invariant: `buffer[limit]` is a line feed, on which every scanner stops.
 */
export class ByteWindow {
  buffer = Buffer.allocUnsafe(chunk + 1);
  /** End of what was read. */
  limit = 0;
  /** Offset in the file of `buffer[0]`. */
  offset: number;
  /** The file ends at `limit`. */
  atEnd = false;
  readonly #file: number;
  readonly #to: number;

  /** `to`: where the file is taken to end, if it does not end before. */
  constructor(file: number, from: number, to = Number.POSITIVE_INFINITY) {
    this.#file = file;
    this.#to = to;
    this.offset = from;
    this.buffer[0] = byte.lineFeed;
  }

  /** Drops what lies before `keepFrom` and reads on; what was at `keepFrom` is then at 0. */
  advance(keepFrom: number): void {
    const kept = this.limit - keepFrom;
    let target = this.buffer;
    // a record that fills the window needs a larger one; a smaller rest goes back to the usual size
    const size = Math.max(chunk, kept * 2) + 1;
    if (size > target.length || target.length > 4 * size) target = Buffer.allocUnsafe(size);
    this.buffer.copy(target, 0, keepFrom, this.limit);
    this.buffer = target;
    this.offset += keepFrom;
    this.limit = kept;
    while (this.limit < target.length - 1) {
      const position = this.offset + this.limit;
      const most = Math.max(0, Math.min(target.length - 1 - this.limit, this.#to - position));
      const read = most === 0 ? 0 : readSync(this.#file, target, this.limit, most, position);
      if (read === 0) {
        this.atEnd = true;
        break;
      }
      this.limit += read;
    }
    target[this.limit] = byte.lineFeed;
  }
}
