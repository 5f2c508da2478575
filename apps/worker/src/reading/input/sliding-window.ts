import { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';

const chunk = 4 << 20;

/**
 * A part of a text in memory that slides forwards, so that a record is always in one piece. Where more of it comes from is
 * its subclass's to know.
 *
 * Invariant: `buffer[limit]` is a line feed, on which every scanner stops.
 */
export abstract class SlidingWindow {
  buffer = Buffer.allocUnsafe(chunk + 1);
  /** End of what was read. */
  limit = 0;
  /** Offset in the text of `buffer[0]`. */
  offset: number;
  /** The text ends at `limit`. */
  atEnd = false;

  constructor(offset: number) {
    this.offset = offset;
    this.buffer[0] = byte.lineFeed;
  }

  /** Drops what lies before `keepFrom`: what was there is then at 0, and there is room behind it. */
  protected slide(keepFrom: number): void {
    const kept = this.limit - keepFrom;
    let target = this.buffer;
    // a record that fills the window needs a larger one; a smaller rest goes back to the usual size
    const size = Math.max(chunk, kept * 2) + 1;
    if (size > target.length || target.length > 4 * size) target = Buffer.allocUnsafe(size);
    this.buffer.copy(target, 0, keepFrom, this.limit);
    this.buffer = target;
    this.offset += keepFrom;
    this.limit = kept;
  }

  /** Bytes that may still be put behind `limit`. */
  protected get room(): number {
    return this.buffer.length - 1 - this.limit;
  }

  protected seal(): void {
    this.buffer[this.limit] = byte.lineFeed;
  }
}
