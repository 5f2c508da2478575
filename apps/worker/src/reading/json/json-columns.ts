import { Buffer } from 'node:buffer';
import type { JsonObject } from './json-object.ts';
import { jsonKey, jsonText } from './json-reader.ts';

/** The union of all keys, in the order in which they were first seen. */
export class JsonColumns {
  readonly names: string[] = [];
  /** Column of each member of the record that was resolved last. */
  columnOf = new Int32Array(64);
  /** The member that fills a column, if `#stamp` says that it is of that record. */
  readonly #memberOf: number[] = [];
  readonly #stamp: number[] = [];
  #record = 0;
  readonly #byKey = new Map<string, number>();
  /** The bytes of each key as first seen: records mostly repeat keys and their order. */
  readonly #spellings: Buffer[] = [];

  /**
   * Finds the column of each member; an unknown key becomes a new column. Returns the key that appears twice, if one does:
   * then nothing is added.
   */
  resolve(object: JsonObject, buffer: Buffer): string | null {
    this.#record++;
    if (this.columnOf.length < object.members) this.columnOf = new Int32Array(object.members * 2);
    const added = new Set<string>();
    let expected = 0;
    for (let member = 0; member < object.members; member++) {
      const start = object.keyStarts[member]!;
      const end = object.keyEnds[member]!;
      let column = this.#isSpelled(expected, buffer, start, end) ? expected : -1;
      if (column < 0) {
        const key = jsonKey(buffer, start, end);
        column = this.#byKey.get(key) ?? -1;
        if (column < 0) {
          if (added.has(key)) return jsonText(buffer, start, end);
          added.add(key);
        }
      }
      if (column >= 0) {
        if (this.#stamp[column] === this.#record) return jsonText(buffer, start, end);
        this.#stamp[column] = this.#record;
        this.#memberOf[column] = member;
        expected = column + 1;
      }
      this.columnOf[member] = column;
    }
    if (added.size > 0) this.#addColumns(object, buffer);
    return null;
  }

  /** The member of the last record that fills a column, or -1. */
  memberAt(column: number): number {
    return this.#stamp[column] === this.#record ? this.#memberOf[column]! : -1;
  }

  #addColumns(object: JsonObject, buffer: Buffer): void {
    for (let member = 0; member < object.members; member++) {
      if (this.columnOf[member] !== -1) continue;
      const start = object.keyStarts[member]!;
      const end = object.keyEnds[member]!;
      const column = this.names.length;
      this.names.push(jsonText(buffer, start, end));
      this.#byKey.set(jsonKey(buffer, start, end), column);
      this.#spellings.push(Buffer.from(buffer.subarray(start, end)));
      this.#stamp.push(this.#record);
      this.#memberOf.push(member);
      this.columnOf[member] = column;
    }
  }

  #isSpelled(column: number, buffer: Buffer, start: number, end: number): boolean {
    const spelling = this.#spellings[column];
    if (spelling?.length !== end - start) return false;
    for (let index = 1; index < spelling.length; index++) if (spelling[index] !== buffer[start + index]) return false;
    return true;
  }
}
