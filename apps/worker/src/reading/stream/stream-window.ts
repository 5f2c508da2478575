import { Buffer } from 'node:buffer';
import { SlidingWindow } from '../input/sliding-window.ts';

/** A window over a stream: what has been passed cannot be read again. */
export class StreamWindow extends SlidingWindow {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterator<Buffer>, offset: number) {
    super(offset);
    this.#source = source;
  }

  /** Drops what lies before `keepFrom` and reads on; what was at `keepFrom` is then at 0. */
  async advance(keepFrom: number): Promise<void> {
    this.slide(keepFrom);
    while (this.room > 0) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) {
          this.atEnd = true;
          break;
        }
        this.#rest = value;
      }
      const taken = this.#rest.copy(this.buffer, this.limit, 0, this.room);
      this.#rest = this.#rest.subarray(taken);
      this.limit += taken;
    }
    this.seal();
  }
}
