import { type Buffer, isUtf8 } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import { JsonColumns } from '../json/json-columns.ts';
import { JsonObject } from '../json/json-object.ts';
import { JsonReader } from '../json/json-reader.ts';
import type { JsonRecordAt } from '../json/json-walker.ts';
import { ReadError } from '../read-error.ts';
import type { StreamWindow } from './stream-window.ts';

export interface JsonLinesVisit {
  readonly maxRecordBytes: number;
  /** Called with each line that is not blank, behind which a line feed stands. */
  onLine(buffer: Buffer, start: number, end: number, at: JsonRecordAt): void;
  /** Awaited after each part of the stream. */
  flush(): Promise<void>;
}

/** Calls back for every line of a stream. Throws ReadError too_large. */
export async function readJsonLines(window: StreamWindow, { maxRecordBytes, onLine, flush }: JsonLinesVisit) {
  const json = new JsonReader();
  let position = 0;
  let line = 1;
  for (;;) {
    const { buffer, limit, atEnd, offset } = window;
    while (position < limit) {
      const found = buffer.indexOf(byte.lineFeed, position);
      // behind the limit stands a line feed too
      if (found >= limit && !atEnd) break;
      const end = Math.min(found, limit);
      if (end - position > maxRecordBytes) throw tooLong(line, maxRecordBytes);
      if (json.skipWhitespace(buffer, position, end) < end)
        onLine(buffer, position, end, { line, byteOffset: offset + position });
      line++;
      position = end + 1;
    }
    await flush();
    if (atEnd && position >= limit) return;
    if (limit - position > maxRecordBytes) throw tooLong(line, maxRecordBytes);
    await window.advance(Math.min(position, limit));
    position = 0;
  }
}

const tooLong = (line: number, maxRecordBytes: number): ReadError =>
  new ReadError('too_large', `Line ${line} is longer than the ${maxRecordBytes} bytes that a row may have.`);

/** One object after the other, and the keys of all. */
export class JsonLine {
  readonly object = new JsonObject();
  readonly columns = new JsonColumns();

  /** Why a line is no row, in words that repeat nothing of it; null: it is one, and both members know it now. */
  reasonAgainst(buffer: Buffer, start: number, end: number): string | null {
    if (!isUtf8(buffer.subarray(start, end))) return 'it holds bytes that could not be decoded';
    return (
      this.object.read(buffer, start, end) ??
      (this.columns.resolve(this.object, buffer) === null ? null : 'one of its keys appears twice')
    );
  }
}
