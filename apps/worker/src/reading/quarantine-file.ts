import { Buffer } from 'node:buffer';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { FileWriter } from './input/file-writer.ts';
import { type QuarantinedRow, quarantinedRow } from './inspection.ts';
import { boundedText } from './typing/bounded-text.ts';

const maxRawBytes = 64 << 10;

/** Where the reading process leaves the rows that do not fit: one JSON object a line. */
export const quarantinePath = (workDirectory: string) => path.join(workDirectory, 'quarantine.jsonl');

/** Writes the rows that do not fit. The file is made with the first of them. */
export class QuarantineWriter {
  rows = 0;
  readonly #path: string;
  #file: FileWriter | null = null;

  constructor(workDirectory: string) {
    this.#path = quarantinePath(workDirectory);
  }

  /** `buffer[start, end)` is the row's text, without its line end; `column`: whose value does not fit, if one's does not. */
  add(
    at: { line: number; byteOffset: number },
    buffer: Buffer,
    start: number,
    end: number,
    reason: string,
    column: string | null = null,
  ): void {
    const row: QuarantinedRow = { ...at, raw: boundedText(buffer, start, end, maxRawBytes), reason, column };
    this.#file ??= new FileWriter(this.#path);
    this.#file.text(`${JSON.stringify(row)}\n`);
    this.rows++;
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

/** A row's JSON is at most its text with every byte escaped, and little more. */
const maxLineBytes = 8 * maxRawBytes;

/**
 * The rows that do not fit, in the order of the file; memory holds one at a time. The process that wrote the file read
 * hostile bytes: no link of its making is followed, and nothing is believed that does not parse.
 */
export async function* readQuarantine(workDirectory: string): AsyncGenerator<QuarantinedRow> {
  const file = await open(quarantinePath(workDirectory), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for await (const line of linesOf(file.createReadStream({ autoClose: false, start: 0 }))) {
      yield quarantinedRow.parse(JSON.parse(line));
    }
  } finally {
    await file.close();
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      yield bytes.toString('utf8', from, end);
      from = end + 1;
    }
    rest = Buffer.from(bytes.subarray(from));
    if (rest.length > maxLineBytes) throw new Error('the list of quarantined rows is damaged');
  }
}
