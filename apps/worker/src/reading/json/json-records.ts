import type { Buffer } from 'node:buffer';
import { setImmediate as giveWay } from 'node:timers/promises';
import { byte } from '../csv/grammar.ts';
import { countLineEnds } from '../csv/line-ends.ts';
import { ByteWindow } from '../input/byte-window.ts';
import { ReadError } from '../read-error.ts';
import type { TextFile } from '../reading-plan.ts';
import { JsonReader, jsonIncomplete } from './json-reader.ts';
import type { JsonForm } from './looks-like-json.ts';

/** Where a record stands in the file. */
export interface JsonRecordAt {
  readonly line: number;
  readonly byteOffset: number;
}

export interface JsonVisit {
  readonly maxRecordBytes: number;
  /** Called with each record, behind which stands a line feed or (in an array) something else that is no digit. */
  onRecord(buffer: Buffer, start: number, end: number, at: JsonRecordAt): void;
  onProgress(offset: number): void;
}

/** Calls back for every record: each line that is not blank, or each element of the array. Throws ReadError `corrupt`. */
export async function readJsonRecords(text: TextFile, form: JsonForm, visit: JsonVisit): Promise<void> {
  const window = new ByteWindow(text.file, text.bomBytes);
  const reader = form === 'jsonl' ? new LineReader(window, visit) : new ArrayReader(window, visit);
  while (reader.readWindow()) {
    visit.onProgress(window.offset);
    await giveWay();
  }
}

class LineReader {
  #position = 0;
  #line = 1;
  readonly #window: ByteWindow;
  readonly #visit: JsonVisit;
  readonly #json = new JsonReader();

  constructor(window: ByteWindow, visit: JsonVisit) {
    this.#window = window;
    this.#visit = visit;
  }

  readWindow(): boolean {
    const window = this.#window;
    window.advance(this.#position);
    const { buffer, limit, atEnd } = window;
    let position = 0;
    while (position < limit) {
      const found = buffer.indexOf(byte.lineFeed, position);
      // behind the limit stands a line feed too
      if (found >= limit && !atEnd) break;
      const end = Math.min(found, limit);
      if (this.#json.skipWhitespace(buffer, position, end) < end) {
        this.#visit.onRecord(buffer, position, end, { line: this.#line, byteOffset: window.offset + position });
      }
      this.#line++;
      position = end + 1;
    }
    if (limit - position > this.#visit.maxRecordBytes) {
      throw new ReadError(
        'too_large',
        `Line ${this.#line} is longer than the ${this.#visit.maxRecordBytes} bytes that a row may have.`,
      );
    }
    this.#position = Math.min(position, limit);
    return !(atEnd && position >= limit);
  }
}

class ArrayReader {
  #position = 0;
  #line = 1;
  /** What comes next. */
  #state: 'open' | 'first' | 'element' | 'separator' | 'done' = 'open';
  readonly #window: ByteWindow;
  readonly #visit: JsonVisit;
  readonly #json = new JsonReader();

  constructor(window: ByteWindow, visit: JsonVisit) {
    this.#window = window;
    this.#visit = visit;
  }

  readWindow(): boolean {
    const window = this.#window;
    window.advance(this.#position);
    this.#position = 0;
    const { buffer, limit, atEnd } = window;
    for (;;) {
      this.#moveTo(this.#json.skipWhitespace(buffer, this.#position, limit));
      if (this.#position >= limit) {
        if (!atEnd) return true;
        if (this.#state === 'done') return false;
        throw this.#corrupt('is cut off', 'the array is not closed');
      }
      if (!this.#readNext(buffer, limit, atEnd)) {
        if (limit - this.#position > this.#visit.maxRecordBytes) {
          throw new ReadError(
            'too_large',
            `The object on line ${this.#line} is longer than the ${this.#visit.maxRecordBytes} bytes that a row may have.`,
          );
        }
        return true;
      }
    }
  }

  /** False: more must be read first. */
  #readNext(buffer: Buffer, limit: number, atEnd: boolean): boolean {
    const code = buffer[this.#position];
    switch (this.#state) {
      case 'open':
        this.#position++;
        this.#state = 'first';
        return true;
      case 'first':
        if (code !== 0x5d) return this.#readElement(buffer, limit, atEnd);
        this.#position++;
        this.#state = 'done';
        return true;
      case 'element':
        return this.#readElement(buffer, limit, atEnd);
      case 'separator':
        if (code !== byte.comma && code !== 0x5d) throw this.#corrupt('is not valid JSON', 'a comma or ] is missing');
        this.#position++;
        this.#state = code === byte.comma ? 'element' : 'done';
        return true;
      case 'done':
        throw this.#corrupt('is not valid JSON', 'something follows the array');
    }
  }

  #readElement(buffer: Buffer, limit: number, atEnd: boolean): boolean {
    const start = this.#position;
    const end = this.#json.skipValue(buffer, start, limit);
    if (end === jsonIncomplete) {
      if (atEnd) throw this.#corrupt('is cut off', 'it ends in the middle of an object');
      return false;
    }
    if (end < 0) {
      this.#moveTo(this.#json.failedAt);
      throw this.#corrupt('is not valid JSON', 'this is no JSON value');
    }
    this.#visit.onRecord(buffer, start, end, { line: this.#line, byteOffset: this.#window.offset + start });
    this.#moveTo(end);
    this.#state = 'separator';
    return true;
  }

  #moveTo(position: number): void {
    this.#line += countLineEnds(this.#window.buffer, this.#position, position);
    this.#position = position;
  }

  #corrupt(what: string, why: string): ReadError {
    const offset = this.#window.offset + this.#position;
    return new ReadError('corrupt', `The JSON file ${what}: ${why} (line ${this.#line}, byte ${offset}).`, {
      line: this.#line,
      offset,
    });
  }
}
