import { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';

const chunk = 4 << 20;

/**
 * A part of a stream in memory that slides forwards, so that a record is always in one piece: what ByteWindow is for a
 * file. What has been passed cannot be read again.
 *
 * Invariant: `buffer[limit]` is a line feed, on which every scanner stops.
 */
export class StreamWindow {
  buffer = Buffer.allocUnsafe(chunk + 1);
  /** End of what was read. */
  limit = 0;
  /** Offset in the text of `buffer[0]`. */
  offset: number;
  /** The text ends at `limit`. */
  atEnd = false;
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterator<Buffer>, offset: number) {
    this.#source = source;
    this.offset = offset;
    this.buffer[0] = byte.lineFeed;
  }

  /** Drops what lies before `keepFrom` and reads on; what was at `keepFrom` is then at 0. */
  async advance(keepFrom: number): Promise<void> {
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
      if (this.#rest.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) {
          this.atEnd = true;
          break;
        }
        this.#rest = value;
      }
      const taken = this.#rest.copy(target, this.limit, 0, target.length - 1 - this.limit);
      this.#rest = this.#rest.subarray(taken);
      this.limit += taken;
    }
    target[this.limit] = byte.lineFeed;
  }
}
