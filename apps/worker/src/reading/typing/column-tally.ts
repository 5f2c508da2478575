import type { Buffer } from 'node:buffer';
import type { RecordReader } from '../csv/record-reader.ts';
import { JsonReader } from '../json/json-reader.ts';
import { isWholeJson } from '../json/whole-json.ts';
import { boundedText } from './bounded-text.ts';
import { classifyValue } from './classify-value.ts';
import { classCount, type LexicalClass, lexicalClass } from './lexical-class.ts';
import { type FoundSpelling, NullSpellings } from './null-spellings.ts';
import type { RowRules } from './row-rules.ts';

export interface Example {
  readonly value: string;
  /** Physical line of the record. */
  readonly line: number;
}

const maxExampleBytes = 200;

/**
 * How many values of each column fell into which class, with the first of each. Counts lie by class and then by column: the
 * neighbours in a wide record are mostly of one class, and so of one cache line.
 */
export class ColumnTally {
  #counts: Float64Array;
  #columns: number;
  /** Columns that there is room for. */
  #room: number;
  readonly #examples = new Map<number, Example>();
  /** Columns that hold something other than JSON: no use in parsing more of them. */
  readonly #noJson: Uint8Array;
  readonly #json = new JsonReader();
  readonly #nulls = new NullSpellings();

  constructor(columns: number) {
    this.#columns = columns;
    this.#room = columns;
    this.#counts = new Float64Array(columns * classCount);
    this.#noJson = new Uint8Array(columns);
  }

  get columns(): number {
    return this.#columns;
  }

  /** Counts the record that the reader has just read; it has as many fields as there are columns. */
  addRecord(reader: RecordReader, buffer: Buffer, line: number): void {
    const { starts, ends, masks } = reader;
    const counts = this.#counts;
    const room = this.#room;
    for (let column = 0; column < this.#columns; column++) {
      const start = starts[column]!;
      const end = ends[column]!;
      let kind = classifyValue(buffer, start, end, masks[column]!);
      if (kind === lexicalClass.json) kind = this.#jsonOrText(column, reader, buffer);
      else if (kind === lexicalClass.nullSpelling) this.#nulls.add(column, buffer, start, end, line);
      if (counts[kind * room + column]!++ === 0) this.#remember(column, kind, buffer, start, end, line);
    }
  }

  /** The same where the user has said how columns are to be read. */
  addRuledRecord(reader: RecordReader, buffer: Buffer, line: number, rules: RowRules): void {
    const { starts, ends, masks } = reader;
    for (let column = 0; column < this.#columns; column++) {
      let kind = rules.classify(column, buffer, starts[column]!, ends[column]!, masks[column]!);
      if (kind === lexicalClass.json) kind = this.#jsonOrText(column, reader, buffer);
      this.add(column, kind, buffer, starts[column]!, ends[column]!, line);
    }
  }

  /** Counts one value, already classified. */
  add(column: number, kind: LexicalClass, buffer: Buffer, start: number, end: number, line: number): void {
    if (kind === lexicalClass.nullSpelling) this.#nulls.add(column, buffer, start, end, line);
    if (this.#counts[kind * this.#room + column]!++ === 0) this.#remember(column, kind, buffer, start, end, line);
  }

  /** Makes room for more columns. */
  grow(columns: number): void {
    if (columns > this.#room) {
      const room = Math.max(columns, this.#room * 2);
      const counts = new Float64Array(room * classCount);
      for (let kind = 0; kind < classCount; kind++) {
        counts.set(this.#counts.subarray(kind * this.#room, (kind + 1) * this.#room), kind * room);
      }
      this.#counts = counts;
      this.#room = room;
    }
    this.#columns = columns;
  }

  /** For records that do not name every column: what was not counted among so many rows is NULL. */
  fillNulls(rows: number): void {
    for (let column = 0; column < this.#columns; column++) {
      let others = 0;
      for (let kind = 1; kind < classCount; kind++) others += this.#counts[kind * this.#room + column]!;
      this.#counts[column] = rows - others; // class 0
    }
  }

  count(column: number, kind: LexicalClass): number {
    return this.#counts[kind * this.#room + column]!;
  }

  /** The most frequent first. */
  nullSpellings(column: number): FoundSpelling[] {
    return this.#nulls.of(column).sort((a, b) => b.count - a.count);
  }

  example(column: number, kind: LexicalClass): Example | undefined {
    return this.#examples.get(column * classCount + kind);
  }

  #remember(column: number, kind: LexicalClass, buffer: Buffer, start: number, end: number, line: number): void {
    if (start === end) return;
    this.#examples.set(column * classCount + kind, { value: boundedText(buffer, start, end, maxExampleBytes), line });
  }

  #jsonOrText(column: number, reader: RecordReader, buffer: Buffer): LexicalClass {
    if (this.#noJson[column] === 1) return lexicalClass.text;
    if (isWholeJson(this.#json, reader.content(buffer, column))) return lexicalClass.json;
    this.#noJson[column] = 1;
    return lexicalClass.text;
  }
}
