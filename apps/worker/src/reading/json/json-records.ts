import type { Buffer } from 'node:buffer';
import { setImmediate as giveWay } from 'node:timers/promises';
import { byte } from '../csv/grammar.ts';
import { ByteWindow } from '../input/byte-window.ts';
import { ReadError } from '../read-error.ts';
import type { TextFile } from '../reading-plan.ts';
import { formatPointer } from './json-pointer.ts';
import { JsonReader } from './json-reader.ts';
import { type JsonRecordAt, JsonWalker } from './json-walker.ts';

/** Where the records of a JSON file are. */
export type JsonPlace =
  | { readonly format: 'jsonl' }
  /** The array of which they are the elements, by the keys and indexes that lead to it. */
  | { readonly format: 'json'; readonly path: readonly string[] };

export interface JsonVisit {
  readonly maxRecordBytes: number;
  /** Called with each record, behind which stands a line feed or (in an array) something else that is no digit. */
  onRecord(buffer: Buffer, start: number, end: number, at: JsonRecordAt): void;
  onProgress(offset: number): void;
}

/**
 * Calls back for every record: each line that is not blank, or each element of the array. Throws ReadError: `corrupt`, or
 * `bad_options` if there is no such array.
 */
export async function readJsonRecords(text: TextFile, place: JsonPlace, visit: JsonVisit): Promise<void> {
  const window = new ByteWindow(text.file, text.bomBytes);
  let arrays = 0;
  const reader =
    place.format === 'jsonl'
      ? new LineReader(window, visit)
      : new JsonWalker(window, {
          maxRecordBytes: visit.maxRecordBytes,
          onRecord: visit.onRecord,
          areRecords(depth, path) {
            if (depth !== place.path.length || !path().every((token, index) => token === place.path[index]))
              return false;
            if (++arrays > 1)
              throw new ReadError(
                'corrupt',
                `The JSON file has ${formatPointer(place.path)} twice: a key is repeated.`,
              );
            return true;
          },
        });
  while (reader.readWindow()) {
    visit.onProgress(window.offset);
    await giveWay();
  }
  if (place.format === 'json' && arrays === 0)
    throw new ReadError(
      'bad_options',
      `There is no array at ${JSON.stringify(formatPointer(place.path))} in the JSON file.`,
    );
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
