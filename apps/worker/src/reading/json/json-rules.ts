import { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import type { ColumnRule } from '../typing/column-rules.ts';
import { isNullSpelling, longestNullSpelling } from '../typing/null-spellings.ts';
import { type Misfit, RowRules } from '../typing/row-rules.ts';
import type { JsonColumns } from './json-columns.ts';
import type { JsonObject } from './json-object.ts';
import { jsonText } from './json-reader.ts';

/**
 * The user's word on columns, held against the members of one object after the other. A string is its text, any other value
 * is the text that stands in the file, and null is NULL.
 */
export class JsonRules {
  /** By column: what is to be written instead of the last record's value; null: it is a spelling of NULL. */
  readonly replacements = new Map<number, string | null>();
  readonly #rules: readonly ColumnRule[];
  readonly #strings: RowRules;
  /** JSON's own numbers have a decimal point. */
  readonly #numbers: RowRules;

  constructor(rules: readonly ColumnRule[]) {
    this.#rules = rules;
    this.#strings = new RowRules(rules);
    this.#numbers = new RowRules(rules.map((rule) => ({ ...rule, decimalSeparator: '.' })));
  }

  /** Reads the record's values. Returns the first that does not fit the type that the user gave its column, if any. */
  check(object: JsonObject, keys: JsonColumns, buffer: Buffer): Misfit | null {
    this.replacements.clear();
    for (let member = 0; member < object.members; member++) {
      const column = keys.columnOf[member]!;
      const { type, nullValues } = this.#rules[column]!;
      if ((type === null || type === 'text') && nullValues === null) continue;
      const [start, end] = [object.valueStarts[member]!, object.valueEnds[member]!];
      const first = buffer[start];
      if (first === 0x6e) continue;
      const isString = first === byte.quote;
      const text = isString ? jsonText(buffer, start, end) : buffer.toString('utf8', start, end);
      if (this.#isNull(column, text, isString)) {
        this.replacements.set(column, null);
        continue;
      }
      if (!this.#strings.isForced(column)) continue;
      // a value of JSON is JSON already, and a string need not hold another
      const read =
        type === 'jsonb'
          ? this.#strings.read(column, buffer.toString('utf8', start, end))
          : (isString ? this.#strings : this.#numbers).read(column, text);
      if (typeof read !== 'string') return read;
      this.replacements.set(column, read);
    }
    return null;
  }

  #isNull(column: number, text: string, isString: boolean): boolean {
    const bytes = Buffer.from(text);
    if (this.#strings.isNull(column, bytes, 0, bytes.length)) return true;
    const { type, nullValues } = this.#rules[column]!;
    if (type === null || type === 'text' || type === 'jsonb' || nullValues !== null || !isString) return false;
    return bytes.length === 0 || (bytes.length <= longestNullSpelling && isNullSpelling(bytes, 0, bytes.length));
  }
}
