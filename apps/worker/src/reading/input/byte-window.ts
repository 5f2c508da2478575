import { readSync } from 'node:fs';
import { SlidingWindow } from './sliding-window.ts';

/** A window over a file. Reads are synchronous: the process that does this does nothing else, and gives way between them. */
export class ByteWindow extends SlidingWindow {
  readonly #file: number;
  readonly #to: number;

  /** `to`: where the file is taken to end, if it does not end before. */
  constructor(file: number, from: number, to = Number.POSITIVE_INFINITY) {
    super(from);
    this.#file = file;
    this.#to = to;
  }

  /** Drops what lies before `keepFrom` and reads on; what was at `keepFrom` is then at 0. */
  advance(keepFrom: number): void {
    this.slide(keepFrom);
    while (this.room > 0) {
      const position = this.offset + this.limit;
      const most = Math.max(0, Math.min(this.room, this.#to - position));
      const read = most === 0 ? 0 : readSync(this.#file, this.buffer, this.limit, most, position);
      if (read === 0) {
        this.atEnd = true;
        break;
      }
      this.limit += read;
    }
    this.seal();
  }
}
