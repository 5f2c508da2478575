import type { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import { JsonReader, type JsonTrouble } from './json-reader.ts';

const openBrace = 0x7b;
const closeBrace = 0x7d;
const initialMembers = 64;

/** The members of one object: where keys (with quotes) and values stand. Made once, filled for every record. */
export class JsonObject {
  members = 0;
  keyStarts = new Int32Array(initialMembers);
  keyEnds = new Int32Array(initialMembers);
  valueStarts = new Int32Array(initialMembers);
  valueEnds = new Int32Array(initialMembers);
  /** What jsonb would not take or keep of each value. */
  readonly troubles: (JsonTrouble | null)[] = [];
  readonly #json = new JsonReader();

  /** Reads `buffer[start, end)`, behind which a line feed stands. Returns why it is not a row, or null if it is one. */
  read(buffer: Buffer, start: number, end: number): string | null {
    const json = this.#json;
    this.members = 0;
    let position = json.skipWhitespace(buffer, start, end);
    if (buffer[position] !== openBrace) return 'it is not a JSON object';
    position = json.skipWhitespace(buffer, position + 1, end);
    if (position < end && buffer[position] === closeBrace) return this.#finish(buffer, position + 1, end);
    for (;;) {
      if (position >= end || buffer[position] !== byte.quote) return 'it is not valid JSON';
      json.reset();
      const keyEnd = json.skipString(buffer, position, end);
      if (keyEnd < 0) return 'it is not valid JSON';
      if (json.trouble !== null) return unstorable(json.trouble);
      const valueStart = json.skipColon(buffer, keyEnd, end);
      if (valueStart < 0) return 'it is not valid JSON';
      const valueEnd = json.skipValue(buffer, valueStart, end);
      if (valueEnd < 0) return 'it is not valid JSON';
      if (json.trouble === 'nul' || json.trouble === 'surrogate') return unstorable(json.trouble);
      this.#add(position, keyEnd, valueStart, valueEnd, json.trouble);
      position = json.skipWhitespace(buffer, valueEnd, end);
      if (position < end && buffer[position] === closeBrace) return this.#finish(buffer, position + 1, end);
      if (position >= end || buffer[position] !== byte.comma) return 'it is not valid JSON';
      position = json.skipWhitespace(buffer, position + 1, end);
    }
  }

  #finish(buffer: Buffer, position: number, end: number): string | null {
    return this.#json.skipWhitespace(buffer, position, end) === end ? null : 'something follows the object';
  }

  #add(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number, trouble: JsonTrouble | null): void {
    const index = this.members++;
    if (index === this.keyStarts.length) {
      this.keyStarts = doubled(this.keyStarts);
      this.keyEnds = doubled(this.keyEnds);
      this.valueStarts = doubled(this.valueStarts);
      this.valueEnds = doubled(this.valueEnds);
    }
    this.keyStarts[index] = keyStart;
    this.keyEnds[index] = keyEnd;
    this.valueStarts[index] = valueStart;
    this.valueEnds[index] = valueEnd;
    this.troubles[index] = trouble;
  }
}

function doubled(old: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(old.length * 2);
  larger.set(old);
  return larger;
}

const unstorable = (trouble: JsonTrouble) =>
  trouble === 'nul'
    ? 'it holds \\u0000, which no text in Postgres can hold'
    : 'it holds half a surrogate pair, which is no text';
