import { byte } from '../csv/grammar.ts';

/** What `JsonReader.skipValue` answers instead of a position. */
export const jsonInvalid = -1;
/** The limit came first: read more and begin again. */
export const jsonIncomplete = -2;

/** Why a valid JSON value cannot be kept by jsonb as it is. */
export type JsonTrouble = 'nul' | 'surrogate' | 'duplicate key' | 'number';

export const maxJsonDepth = 500;
/** Past this jsonb's numeric refuses a number or spends kilobytes on it. */
const maxExponentDigits = 3;
const maxNumberLength = 1000;

const isWhitespace = (code: number | undefined) =>
  code === byte.space || code === byte.lineFeed || code === byte.carriageReturn || code === byte.tab;
const isDigit = (code: number | undefined) => code !== undefined && code >= byte.zero && code <= byte.nine;

/**
 * A strict JSON scanner (RFC 8259) over UTF-8 bytes that builds nothing: it finds where values end, keeps every digit of
 * a number, and notices what Postgres' jsonb would refuse or lose.
 */
export class JsonReader {
  /** The first trouble since `reset`. */
  trouble: JsonTrouble | null = null;
  /** Where reading stopped, if the last answer was `jsonInvalid`. */
  failedAt = 0;

  reset(): void {
    this.trouble = null;
  }

  skipWhitespace(buffer: Uint8Array, from: number, limit: number): number {
    let position = from;
    while (position < limit && isWhitespace(buffer[position])) position++;
    return position;
  }

  /** Position after the value that begins at `from` (no whitespace before it), or `jsonInvalid` or `jsonIncomplete`. */
  skipValue(buffer: Buffer, from: number, limit: number, depth = 0): number {
    if (from >= limit) return jsonIncomplete;
    switch (buffer[from]) {
      case 0x22:
        return this.skipString(buffer, from, limit);
      case 0x7b:
        return this.#skipMembers(buffer, from, limit, depth, true);
      case 0x5b:
        return this.#skipMembers(buffer, from, limit, depth, false);
      case 0x74:
        return this.#skipWord(buffer, from, limit, 'true');
      case 0x66:
        return this.#skipWord(buffer, from, limit, 'false');
      case 0x6e:
        return this.#skipWord(buffer, from, limit, 'null');
      default:
        return this.#skipNumber(buffer, from, limit);
    }
  }

  /** Position after the string whose quote stands at `from`. */
  skipString(buffer: Uint8Array, from: number, limit: number): number {
    let position = from + 1;
    for (;;) {
      let code = buffer[position]!;
      while (code !== 0x22 && code !== 0x5c && code >= 0x20) code = buffer[++position]!;
      if (position >= limit) return jsonIncomplete;
      if (code === 0x22) return position + 1;
      if (code < 0x20) return this.#fail(position);
      if (position + 1 >= limit) return jsonIncomplete;
      const escaped = buffer[position + 1]!;
      if (escaped !== 0x75) {
        if (!'"\\/bfnrt'.includes(String.fromCharCode(escaped))) return this.#fail(position);
        position += 2;
        continue;
      }
      if (position + 6 > limit) return jsonIncomplete;
      const unit = hex4(buffer, position + 2);
      if (unit < 0) return this.#fail(position);
      position += 6;
      if (unit === 0) this.trouble ??= 'nul';
      else if (unit >= 0xdc00 && unit <= 0xdfff) this.trouble ??= 'surrogate';
      else if (unit >= 0xd800 && unit <= 0xdbff) {
        if (position + 6 > limit) {
          // the closing quote may stand here instead: only then is it known to be alone
          if (!buffer.subarray(position, limit).includes(0x22)) return jsonIncomplete;
          this.trouble ??= 'surrogate';
        } else if (
          buffer[position] === 0x5c &&
          buffer[position + 1] === 0x75 &&
          isLowSurrogate(hex4(buffer, position + 2))
        ) {
          position += 6;
        } else this.trouble ??= 'surrogate';
      }
    }
  }

  #skipMembers(buffer: Buffer, from: number, limit: number, depth: number, isObject: boolean): number {
    if (depth >= maxJsonDepth) return this.#fail(from);
    const close = isObject ? 0x7d : 0x5d;
    const keys = isObject ? new Set<string>() : null;
    let position = this.skipWhitespace(buffer, from + 1, limit);
    if (position >= limit) return jsonIncomplete;
    if (buffer[position] === close) return position + 1;
    for (;;) {
      if (keys) {
        if (buffer[position] !== 0x22) return this.#fail(position);
        const keyEnd = this.skipString(buffer, position, limit);
        if (keyEnd < 0) return keyEnd;
        const size = keys.size;
        if (keys.add(jsonKey(buffer, position, keyEnd)).size === size) this.trouble ??= 'duplicate key';
        position = this.skipColon(buffer, keyEnd, limit);
        if (position < 0) return position;
      }
      position = this.skipValue(buffer, position, limit, depth + 1);
      if (position < 0) return position;
      position = this.skipWhitespace(buffer, position, limit);
      if (position >= limit) return jsonIncomplete;
      if (buffer[position] === close) return position + 1;
      if (buffer[position] !== byte.comma) return this.#fail(position);
      position = this.skipWhitespace(buffer, position + 1, limit);
      if (position >= limit) return jsonIncomplete;
    }
  }

  /** Position of the value after a key that ends at `from`. */
  skipColon(buffer: Uint8Array, from: number, limit: number): number {
    let position = this.skipWhitespace(buffer, from, limit);
    if (position >= limit) return jsonIncomplete;
    if (buffer[position] !== byte.colon) return this.#fail(position);
    position = this.skipWhitespace(buffer, position + 1, limit);
    return position >= limit ? jsonIncomplete : position;
  }

  #skipWord(buffer: Uint8Array, from: number, limit: number, word: string): number {
    for (let index = 0; index < word.length; index++) {
      if (from + index >= limit) return jsonIncomplete;
      if (buffer[from + index] !== word.charCodeAt(index)) return this.#fail(from + index);
    }
    return from + word.length;
  }

  /** A number that reaches the limit is incomplete: more digits may follow. */
  #skipNumber(buffer: Uint8Array, from: number, limit: number): number {
    let position = from;
    const digits = () => {
      const start = position;
      while (position < limit && isDigit(buffer[position])) position++;
      return position - start;
    };
    if (buffer[position] === byte.minus) position++;
    const first = position;
    const whole = digits();
    if (whole === 0 || (whole > 1 && buffer[first] === byte.zero)) return this.#failOrWait(position, limit);
    if (position < limit && buffer[position] === byte.dot) {
      position++;
      if (digits() === 0) return this.#failOrWait(position, limit);
    }
    if (position < limit && (buffer[position]! | 32) === 0x65) {
      position++;
      if (position < limit && (buffer[position] === byte.plus || buffer[position] === byte.minus)) position++;
      const size = digits();
      if (size === 0) return this.#failOrWait(position, limit);
      if (size > maxExponentDigits) this.trouble ??= 'number';
    }
    if (position - from > maxNumberLength) this.trouble ??= 'number';
    return position >= limit ? jsonIncomplete : position;
  }

  #failOrWait(position: number, limit: number): number {
    return position >= limit ? jsonIncomplete : this.#fail(position);
  }

  #fail(position: number): number {
    this.failedAt = position;
    return jsonInvalid;
  }
}

/** A key as a string that is equal if and only if the keys are; most keys hold no escape and are taken as they stand. */
export function jsonKey(buffer: Buffer, start: number, end: number): string {
  const inner = buffer.toString('latin1', start + 1, end - 1);
  return inner.includes('\\') ? Buffer.from(jsonText(buffer, start, end)).toString('latin1') : inner;
}

/** The text of the (valid) string in `buffer[start, end)`, quotes included. */
export function jsonText(buffer: Buffer, start: number, end: number): string {
  const text: unknown = JSON.parse(buffer.toString('utf8', start, end));
  return String(text);
}

const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

function hex4(buffer: Uint8Array, from: number): number {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    const code = buffer[from + index]!;
    const lower = code | 32;
    if (isDigit(code)) value = value * 16 + code - byte.zero;
    else if (lower >= 97 && lower <= 102) value = value * 16 + lower - 87;
    else return -1;
  }
  return value;
}
