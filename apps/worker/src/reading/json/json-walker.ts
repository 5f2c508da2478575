import type { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import { countLineEnds } from '../csv/line-ends.ts';
import type { ByteWindow } from '../input/byte-window.ts';
import { ReadError } from '../read-error.ts';
import { JsonReader, jsonIncomplete, jsonText, maxJsonDepth } from './json-reader.ts';

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Of keys on the way to the records: as many as are open are in memory. */
const maxKeyBytes = 16 << 10;

/** Where a record stands in the file. */
export interface JsonRecordAt {
  readonly line: number;
  readonly byteOffset: number;
}

export interface JsonWalk {
  readonly maxRecordBytes: number;
  /**
   * Whether an array's elements are records, and not to be walked through. `depth`: how many containers it stands in; `path()`:
   * their keys and indexes; `holdsObjects`: its first element is an object.
   */
  areRecords(depth: number, path: () => string[], holdsObjects: boolean): boolean;
  /** Called with each record, behind which stands something that is no digit. */
  onRecord(buffer: Buffer, start: number, end: number, at: JsonRecordAt): void;
  /** Called before each value of an object. */
  onMember?(depth: number, path: () => string[]): void;
}

interface Frame {
  readonly close: number;
  readonly holdsRecords: boolean;
  key: string;
  index: number;
}

/**
 * Goes through one JSON text of any size (RFC 8259, strictly) with no more of it in memory than a record, a key or a scalar.
 * Throws ReadError: `corrupt` where it is no JSON or cut off, `too_large` for what is longer than a record may be.
 */
export class JsonWalker {
  #position = 0;
  #line = 1;
  #expected: 'value' | 'key or close' | 'key' | 'colon' | 'element or close' | 'separator' | 'nothing' = 'value';
  readonly #stack: Frame[] = [];
  readonly #window: ByteWindow;
  readonly #walk: JsonWalk;
  readonly #json = new JsonReader();

  constructor(window: ByteWindow, walk: JsonWalk) {
    this.#window = window;
    this.#walk = walk;
  }

  /** The outermost value has ended. */
  get hasEnded(): boolean {
    return this.#expected === 'nothing';
  }

  /** Line on which reading stands. */
  get line(): number {
    return this.#line;
  }

  /** Reads the next part of the file; false at its end. */
  readWindow(): boolean {
    this.#window.advance(this.#position);
    this.#position = 0;
    const { buffer, limit, atEnd } = this.#window;
    for (;;) {
      this.#moveTo(this.#json.skipWhitespace(buffer, this.#position, limit));
      if (this.#position >= limit) {
        if (!atEnd) return true;
        if (this.hasEnded) return false;
        throw this.#corrupt('is cut off', this.#stack.length === 0 ? 'it holds no value' : 'something is not closed');
      }
      if (this.#readNext(buffer, limit, atEnd)) continue;
      if (limit - this.#position <= this.#walk.maxRecordBytes) return true;
      throw new ReadError(
        'too_large',
        `What begins on line ${this.#line} is longer than the ${this.#walk.maxRecordBytes} bytes that a row may have.`,
      );
    }
  }

  /** Whether anything but blanks follows the outermost value, as far as the window goes. */
  get isFollowed(): boolean {
    const { buffer, limit } = this.#window;
    return this.hasEnded && this.#json.skipWhitespace(buffer, this.#position, limit) < limit;
  }

  /** False: more must be read first. */
  #readNext(buffer: Buffer, limit: number, atEnd: boolean): boolean {
    const code = buffer[this.#position];
    const frame = this.#stack.at(-1);
    switch (this.#expected) {
      case 'value':
        return this.#readValue(buffer, limit, atEnd);
      case 'element or close':
        if (code === closeBracket) return this.#close();
        this.#expected = 'value';
        return true;
      case 'key or close':
        if (code === closeBrace) return this.#close();
        this.#expected = 'key';
        return true;
      case 'key':
        return this.#readKey(buffer, limit, atEnd);
      case 'colon':
        if (code !== byte.colon) throw this.#invalid('a colon is missing');
        this.#position++;
        this.#expected = 'value';
        return true;
      case 'separator':
        if (code === frame?.close) return this.#close();
        if (code !== byte.comma)
          throw this.#invalid(`a comma or ${String.fromCharCode(frame?.close ?? closeBracket)} is missing`);
        this.#position++;
        if (frame) frame.index++;
        this.#expected = frame?.close === closeBrace ? 'key' : 'value';
        return true;
      case 'nothing':
        throw this.#invalid('something follows its end');
    }
  }

  #readValue(buffer: Buffer, limit: number, atEnd: boolean): boolean {
    const code = buffer[this.#position];
    const holder = this.#stack.at(-1);
    if (holder?.close === closeBrace) this.#walk.onMember?.(this.#stack.length, this.#path);
    if (holder?.holdsRecords || (code !== openBrace && code !== openBracket)) {
      return this.#readWhole(buffer, limit, atEnd, holder?.holdsRecords ?? false);
    }
    if (this.#stack.length >= maxJsonDepth) throw this.#invalid('it is nested too deeply');
    let holdsRecords = false;
    if (code === openBracket) {
      const first = this.#json.skipWhitespace(buffer, this.#position + 1, limit);
      if (first >= limit && !atEnd) return false;
      holdsRecords = this.#walk.areRecords(this.#stack.length, this.#path, buffer[first] === openBrace);
    }
    this.#position++;
    this.#stack.push({ close: code === openBrace ? closeBrace : closeBracket, holdsRecords, key: '', index: 0 });
    this.#expected = code === openBrace ? 'key or close' : 'element or close';
    return true;
  }

  /** A scalar, or a record with all that is in it. */
  #readWhole(buffer: Buffer, limit: number, atEnd: boolean, isRecord: boolean): boolean {
    const start = this.#position;
    // a number may be all there is, and ends with the file
    const end = this.#json.skipValue(buffer, start, atEnd && this.#stack.length === 0 ? limit + 1 : limit);
    if (end === jsonIncomplete) {
      if (atEnd) throw this.#corrupt('is cut off', `it ends in the middle of ${isRecord ? 'an object' : 'a value'}`);
      return false;
    }
    if (end < 0) {
      this.#moveTo(this.#json.failedAt);
      throw this.#invalid('this is no JSON value');
    }
    if (isRecord) {
      this.#walk.onRecord(buffer, start, end, { line: this.#line, byteOffset: this.#window.offset + start });
    }
    this.#moveTo(end);
    this.#expected = this.#stack.length === 0 ? 'nothing' : 'separator';
    return true;
  }

  #readKey(buffer: Buffer, limit: number, atEnd: boolean): boolean {
    if (buffer[this.#position] !== byte.quote) throw this.#invalid('a key is missing');
    const end = this.#json.skipString(buffer, this.#position, limit);
    if (end === jsonIncomplete) {
      if (atEnd) throw this.#corrupt('is cut off', 'it ends in the middle of a key');
      return false;
    }
    if (end < 0) throw this.#invalid('this is no key');
    if (end - this.#position > maxKeyBytes)
      throw new ReadError(
        'too_large',
        `A key on line ${this.#line} is longer than the ${maxKeyBytes} bytes that are allowed.`,
      );
    const frame = this.#stack.at(-1);
    if (frame) frame.key = jsonText(buffer, this.#position, end);
    this.#position = end;
    this.#expected = 'colon';
    return true;
  }

  #close(): boolean {
    this.#position++;
    this.#stack.pop();
    this.#expected = this.#stack.length === 0 ? 'nothing' : 'separator';
    return true;
  }

  readonly #path = (): string[] =>
    this.#stack.map(({ close, key, index }) => (close === closeBrace ? key : String(index)));

  #moveTo(position: number): void {
    this.#line += countLineEnds(this.#window.buffer, this.#position, position);
    this.#position = position;
  }

  readonly #invalid = (why: string): ReadError => this.#corrupt('is not valid JSON', why);

  #corrupt(what: string, why: string): ReadError {
    const offset = this.#window.offset + this.#position;
    return new ReadError('corrupt', `The JSON file ${what}: ${why} (line ${this.#line}, byte ${offset}).`, {
      line: this.#line,
      offset,
    });
  }
}
