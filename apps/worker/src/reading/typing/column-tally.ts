import { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import type { RecordReader } from '../csv/record-reader.ts';
import { JsonReader } from '../json/json-reader.ts';
import { boundedText } from './bounded-text.ts';
import { classifyValue } from './classify-value.ts';
import { classBits, type LexicalClass, lexicalClass } from './lexical-class.ts';

export interface Example {
  readonly value: string;
  /** Physical line of the record. */
  readonly line: number;
}

const maxExampleBytes = 200;

/** How many values of each column fell into which class, with the first of each. Size: columns × classes. */
export class ColumnTally {
  #counts: Float64Array;
  #columns: number;
  readonly #examples = new Map<number, Example>();
  /** Columns that hold something other than JSON: no use in parsing more of them. */
  #noJson: Uint8Array;
  readonly #json = new JsonReader();

  constructor(columns: number) {
    this.#columns = columns;
    this.#counts = new Float64Array(columns << classBits);
    this.#noJson = new Uint8Array(columns);
  }

  get columns(): number {
    return this.#columns;
  }

  /** Counts the record that the reader has just read; it has as many fields as there are columns. */
  addRecord(reader: RecordReader, buffer: Buffer, line: number): void {
    const { starts, ends, masks } = reader;
    const counts = this.#counts;
    for (let column = 0; column < this.#columns; column++) {
      const start = starts[column]!;
      const end = ends[column]!;
      const mask = masks[column]!;
      let kind = classifyValue(buffer, start, end, mask);
      if (kind === lexicalClass.json) kind = this.#jsonOrText(column, reader, buffer);
      const index = (column << classBits) | kind;
      if (counts[index]!++ === 0) this.#remember(index, buffer, start, end, line);
    }
  }

  /** Counts one value, already classified. */
  add(column: number, kind: LexicalClass, buffer: Buffer, start: number, end: number, line: number): void {
    const index = (column << classBits) | kind;
    if (this.#counts[index]!++ === 0) this.#remember(index, buffer, start, end, line);
  }

  /** Makes room for more columns. */
  grow(columns: number): void {
    if (columns << classBits > this.#counts.length) {
      const counts = new Float64Array(Math.max(columns, this.#columns * 2) << classBits);
      counts.set(this.#counts);
      this.#counts = counts;
    }
    this.#columns = columns;
  }

  /** For records that do not name every column: what was not counted among so many rows is NULL. */
  fillNulls(rows: number): void {
    for (let column = 0; column < this.#columns; column++) {
      const from = column << classBits;
      const others = this.#counts.subarray(from + 1, from + (1 << classBits)).reduce((sum, count) => sum + count, 0);
      this.#counts[from + lexicalClass.null] = rows - others;
    }
  }

  count(column: number, kind: LexicalClass): number {
    return this.#counts[(column << classBits) | kind]!;
  }

  example(column: number, kind: LexicalClass): Example | undefined {
    return this.#examples.get((column << classBits) | kind);
  }

  #remember(index: number, buffer: Buffer, start: number, end: number, line: number): void {
    if (start === end) return;
    this.#examples.set(index, { value: boundedText(buffer, start, end, maxExampleBytes), line });
  }

  #jsonOrText(column: number, reader: RecordReader, buffer: Buffer): LexicalClass {
    if (this.#noJson[column] === 1) return lexicalClass.text;
    if (isWholeJson(this.#json, reader.content(buffer, column))) return lexicalClass.json;
    this.#noJson[column] = 1;
    return lexicalClass.text;
  }
}

/** Whether the bytes are one JSON value that jsonb keeps whole. */
function isWholeJson(json: JsonReader, content: Buffer): boolean {
  const value = Buffer.allocUnsafe(content.length + 1);
  content.copy(value);
  value[content.length] = byte.lineFeed; // the reader's stop
  json.reset();
  const end = json.skipValue(value, 0, content.length);
  return end >= 0 && json.skipWhitespace(value, end, content.length) === content.length && json.trouble === null;
}
