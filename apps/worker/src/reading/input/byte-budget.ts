import { ReadError } from '../read-error.ts';

/** Past this size a file that grew more than this many times is a bomb rather than a table. */
const suspiciousBytes = 1 << 30;
const suspiciousRatio = 400;

/** How many bytes may still come out of a packed file. What a file says of its own size is never believed. */
export class ByteBudget {
  spent = 0;
  readonly #most: number;
  readonly #packedBytes: number;

  constructor(most: number, packedBytes: number) {
    this.#most = most;
    this.#packedBytes = packedBytes;
  }

  /** Throws ReadError `too_large` past the limit, or where the growth is a bomb's. */
  spend(bytes: number): void {
    this.spent += bytes;
    const isBomb = this.spent > suspiciousBytes && this.spent > suspiciousRatio * this.#packedBytes;
    if (this.spent <= this.#most && !isBomb) return;
    throw new ReadError(
      'too_large',
      `Unpacked, the file is larger than is allowed: ${this.#packedBytes} bytes became more than ${this.spent}.`,
      { packedBytes: this.#packedBytes },
    );
  }
}
