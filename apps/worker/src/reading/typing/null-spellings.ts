import { Buffer } from 'node:buffer';

/**
 * Spellings that hardly ever mean anything but that a value is missing: those of R, SQL, Python, Excel, SAS, SPSS and
 * Postgres' COPY, and what people type. None is a number: -999 is one until the user says otherwise. NaN is not here
 * because Postgres' numbers have it, and `none` is not because it can be an answer.
 */
const wellKnown = [
  ...['NA', 'na', 'N/A', 'n/a', '#N/A', '#NA', '<NA>', 'n.a.', 'N.A.'],
  ...['NULL', 'null', 'Null', 'None', '\\N'],
  ...['?', '-', '--', '.', '..'],
];

/** All are ASCII and at most four bytes: one number each. */
export const longestNullSpelling = 4;
const keys = new Set(wellKnown.map((word) => keyOf(Buffer.from(word), 0, word.length)));
const firstBytes = new Uint8Array(256);
for (const word of wellKnown) firstBytes[word.charCodeAt(0)] = 1;

function keyOf(buffer: Uint8Array, start: number, end: number): number {
  let key = 0;
  for (let position = start; position < end; position++) key = key * 256 + buffer[position]!;
  return key;
}

/** Whether `buffer[start, end)`, of at most `longestNullSpelling` bytes, is a well-known spelling of nothing. */
export function isNullSpelling(buffer: Uint8Array, start: number, end: number): boolean {
  return firstBytes[buffer[start]!] === 1 && keys.has(keyOf(buffer, start, end));
}

/** A spelling of nothing that stands in a column. */
export interface FoundSpelling {
  readonly value: string;
  /** Physical line of the first. */
  readonly line: number;
  readonly count: number;
}

interface Counted {
  readonly bytes: Buffer;
  readonly line: number;
  count: number;
}

/** How often each spelling of nothing stands in each column. */
export class NullSpellings {
  readonly #found = new Map<number, Counted[]>();

  add(column: number, buffer: Buffer, start: number, end: number, line: number): void {
    const counted = this.#found.get(column) ?? [];
    if (counted.length === 0) this.#found.set(column, counted);
    for (const each of counted) {
      if (each.bytes.length === end - start && each.bytes.compare(buffer, start, end) === 0) {
        each.count++;
        return;
      }
    }
    counted.push({ bytes: Buffer.from(buffer.subarray(start, end)), line, count: 1 });
  }

  of(column: number): FoundSpelling[] {
    return (this.#found.get(column) ?? []).map(({ bytes, line, count }) => ({ value: bytes.toString(), line, count }));
  }
}
