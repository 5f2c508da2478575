import { Buffer } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { byte } from '../csv/grammar.ts';
import { FileWriter } from '../input/file-writer.ts';

const chunk = 1 << 20;

/** Of a sheet's grid: where its values stand. */
export interface Extent {
  /** The first column that holds anything, from 0, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/**
 * The rows of a sheet on their way to becoming CSV. Cells that hold nothing are left out of a sheet, so its width is known only at
 * its end: rows are written as far as they go, and brought to one width afterwards. A row costs six bytes of memory.
 */
export class SheetRows {
  rows = 0;
  filledRows = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = 0;
  /** The first row of more than one cell. */
  #firstWide = 0;
  #lastIsBlank = false;
  /** So many rows at the top are titles: one cell each, and a blank row before the table. */
  #titleRows = 0;
  readonly #file: FileWriter;
  #lengths = new Uint32Array(1 << 12);
  #widths = new Uint16Array(1 << 12);

  constructor(path: string) {
    this.#file = new FileWriter(path);
  }

  get extent(): Extent {
    return { from: Math.min(this.#from, this.#to), to: this.#to };
  }

  /** The next row: columns from 0, in order, with their texts. */
  add(columns: readonly number[], texts: readonly string[]): void {
    const before = this.#file.length;
    let position = 0;
    for (let index = 0; index < columns.length; index++) {
      for (; position < columns[index]!; position++) this.#file.byte(byte.comma);
      this.#file.text(quoted(texts[index]!));
    }
    if (this.rows === this.#lengths.length) this.#grow();
    this.#lengths[this.rows] = this.#file.length - before;
    if (this.#firstWide === 0 && columns.length > 1) {
      this.#firstWide = this.rows + 1;
      if (this.#lastIsBlank) this.#titleRows = this.rows;
    }
    this.#lastIsBlank = columns.length === 0;
    const width = columns.length === 0 ? 0 : columns.at(-1)! + 1;
    this.#widths[this.rows++] = width;
    if (width === 0) return;
    this.filledRows++;
    this.#from = Math.min(this.#from, columns[0]!);
    this.#to = Math.max(this.#to, width);
  }

  /**
   * Writes all rows as CSV of one width, without the empty columns before the table. A row that holds nothing is a blank line, and
   * a title is one field, as a title above a table in a text is: it is no row with all but one value missing.
   */
  finish(target: string): void {
    this.#file.close();
    const { from, to } = this.extent;
    const writer = new FileWriter(target);
    const source = openSync(this.#file.path, 'r');
    const buffer = Buffer.allocUnsafe(chunk);
    try {
      let [position, limit] = [0, 0];
      for (let row = 0; row < this.rows; row++) {
        const width = this.#widths[row]!;
        const isTitle = row < this.#titleRows;
        let skip = isTitle ? Math.max(0, width - 1) : Math.min(from, width);
        for (let left = this.#lengths[row]!; left > 0; ) {
          if (position === limit) [position, limit] = [0, readSync(source, buffer, 0, chunk, null)];
          const taken = Math.min(left, limit - position);
          const dropped = Math.min(skip, taken);
          writer.bytes(buffer, position + dropped, position + taken);
          skip -= dropped;
          position += taken;
          left -= taken;
        }
        if (width > 0 && !isTitle) for (let column = width; column < to; column++) writer.byte(byte.comma);
        writer.byte(byte.lineFeed);
      }
    } finally {
      closeSync(source);
      writer.close();
    }
  }

  #grow(): void {
    const lengths = new Uint32Array(2 * this.rows);
    const widths = new Uint16Array(2 * this.rows);
    lengths.set(this.#lengths);
    widths.set(this.#widths);
    this.#lengths = lengths;
    this.#widths = widths;
  }
}

/**
 * A blank or a # at the beginning would otherwise say something to a reader of CSV: any cell may come to be the first of its
 * line, because the empty columns before the table are left out.
 */
const quoted = (text: string) =>
  text === '' || /[",\r\n]|^[ #]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
