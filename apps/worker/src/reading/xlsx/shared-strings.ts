import { Buffer } from 'node:buffer';
import { ReadError } from '../read-error.ts';
import { unescapeText } from './unescape-text.ts';
import type { WorkbookParts } from './workbook-parts.ts';

/** All texts of a workbook must be at hand while a sheet is read: they stand in any order. */
const maxBytes = 512 << 20;
/** Where each of them ends. */
const bytesPerText = 4;
/** Of one text, in characters: Excel writes no more than 32,767. */
const maxText = 16 << 20;

/** The texts that cells refer to by number (ECMA-376 part 1, 18.4.9), as bytes outside of V8's heap. */
export class SharedStrings {
  #bytes = Buffer.allocUnsafe(1 << 16);
  #ends = new Uint32Array(1 << 10);
  #count = 0;
  #used = 0;

  add(text: string): void {
    const length = Buffer.byteLength(text);
    if (this.#used + length + bytesPerText * (this.#count + 1) > maxBytes) {
      throw new ReadError(
        'too_large',
        `The texts of the Excel workbook are larger than ${maxBytes} bytes. Save the sheet as CSV.`,
      );
    }
    if (this.#used + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(2 * this.#bytes.length, this.#used + length)));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    if (this.#count === this.#ends.length) {
      const larger = new Uint32Array(2 * this.#count);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#bytes.write(text, this.#used);
    this.#used += length;
    this.#ends[this.#count++] = this.#used;
  }

  /** undefined: there is none of this number. */
  at(index: number): string | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.#count) return undefined;
    return this.#bytes.toString('utf8', index === 0 ? 0 : this.#ends[index - 1], this.#ends[index]);
  }
}

/** Reads the texts of a workbook; formatting and phonetic readings are not part of them. */
export async function readSharedStrings(parts: WorkbookParts, part: string | null): Promise<SharedStrings> {
  const strings = new SharedStrings();
  if (part === null) return strings;
  let text = '';
  let inText = false;
  let phonetic = 0;
  await parts.parse(part, {
    open: (name) => {
      if (name === 'si') text = '';
      else if (name === 'rPh') phonetic++;
      else if (name === 't') inText = phonetic === 0;
    },
    text: (piece) => {
      if (!inText) return;
      text += piece;
      if (text.length > maxText)
        throw new ReadError('too_large', `A text of the Excel workbook is longer than ${maxText} characters.`);
    },
    close: (name) => {
      if (name === 't') inText = false;
      else if (name === 'rPh') phonetic--;
      else if (name === 'si') strings.add(unescapeText(text));
    },
  });
  return strings;
}
