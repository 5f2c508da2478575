import { Buffer } from 'node:buffer';
import { FileWriter } from '../input/file-writer.ts';
import { byte, type Grammar, seen } from './grammar.ts';
import type { RecordReader } from './record-reader.ts';

/** The grammar of every clean copy made from a file with this one: RFC 4180 with the same delimiter. */
export const copyGrammar = (grammar: Grammar): Grammar => ({
  delimiter: grammar.delimiter,
  quote: byte.quote,
  backslash: false,
  skipInitialSpace: false,
});

/** Quotes in an unquoted field: DuckDB takes `, "a"` for `a` and loses the blank. */
const isDoubtful = (mask: number) => (mask & seen.quoted) === 0 && (mask & seen.quote) !== 0;

/** Whether the last record, taken as it stands, means to DuckDB under `copyGrammar` what it means to us. */
export function isCanonical(reader: RecordReader, grammar: Grammar): boolean {
  if (grammar.skipInitialSpace || grammar.quote !== byte.quote) return false;
  if (grammar.backslash && (reader.mask & seen.escaped) !== 0) return false;
  if ((reader.mask & seen.quote) === 0) return true;
  for (let index = 0; index < reader.fieldCount; index++) {
    if (isDoubtful(reader.masks[index]!)) return false;
  }
  return true;
}

/** Writes the records that fit as DuckDB reads them without doubt: UTF-8, line feeds, doubled quotes, no header. */
export class CleanCopy {
  readonly #file: FileWriter;
  readonly #delimiter: number;
  /** Fields of fixed width may hold the delimiter, which means nothing in their file. */
  readonly #holdsDelimiters: boolean;

  constructor(path: string, grammar: Grammar) {
    this.#file = new FileWriter(path);
    this.#holdsDelimiters = grammar.layout !== undefined;
    this.#delimiter = grammar.delimiter;
  }

  /** A canonical record, or several with their line feeds between them. */
  addText(buffer: Buffer, start: number, end: number): void {
    this.#file.bytes(buffer, start, end);
    this.#file.byte(byte.lineFeed);
  }

  /** The reader's last record, written anew; `replacements` stand for the values of some columns. */
  addRecord(reader: RecordReader, buffer: Buffer, replacements?: ReadonlyMap<number, string>): void {
    for (let index = 0; index < reader.fieldCount; index++) {
      if (index > 0) this.#file.byte(this.#delimiter);
      const replacement = replacements?.get(index);
      if (replacement !== undefined) {
        this.#addQuoted(Buffer.from(replacement));
        continue;
      }
      const content = reader.content(buffer, index);
      const mask = reader.masks[index]!;
      const quoted =
        (mask & seen.quoted) !== 0 || isDoubtful(mask) || (this.#holdsDelimiters && (mask & seen.comma) !== 0);
      if (quoted) this.#addQuoted(content);
      else this.#file.bytes(content, 0, content.length);
    }
    this.#file.byte(byte.lineFeed);
  }

  #addQuoted(content: Buffer): void {
    this.#file.byte(byte.quote);
    let from = 0;
    for (let quote = content.indexOf(byte.quote); quote >= 0; quote = content.indexOf(byte.quote, from)) {
      this.#file.bytes(content, from, quote + 1);
      this.#file.byte(byte.quote);
      from = quote + 1;
    }
    this.#file.bytes(content, from, content.length);
    this.#file.byte(byte.quote);
  }

  close(): void {
    this.#file.close();
  }
}
