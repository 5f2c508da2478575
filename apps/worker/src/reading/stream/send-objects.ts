import type { Buffer } from 'node:buffer';
import { byte } from '../csv/grammar.ts';
import { jsonText } from '../json/json-reader.ts';
import { ReadError } from '../read-error.ts';
import { boundedText } from '../typing/bounded-text.ts';
import { JsonLine, readJsonLines } from './json-lines.ts';
import type { JsonKey, StreamCell, StreamRequest } from './stream-protocol.ts';
import type { StreamSink } from './stream-sink.ts';
import type { StreamWindow } from './stream-window.ts';

const maxRawBytes = 64 << 10;
const letterN = 0x6e;

/** Sends the objects of a JSON Lines file as rows with these columns, which are all of its keys. Returns the counts. */
export async function sendObjects(
  window: StreamWindow,
  keys: readonly JsonKey[],
  limits: StreamRequest['limits'],
  sink: StreamSink,
): Promise<{ inputRows: number; cleanRows: number; unfitRows: number }> {
  sink.table({ type: 'table', names: keys.map(({ name }) => name), hasHeader: true, delimiter: ',' });
  const line = new JsonLine();
  const { object, columns } = line;
  let cleanRows = 0;
  let unfitRows = 0;
  await readJsonLines(window, {
    maxRecordBytes: limits.recordBytes,
    flush: () => sink.flush(),
    onLine(buffer, start, end, at) {
      const reason = line.reasonAgainst(buffer, start, end);
      if (reason !== null) {
        unfitRows++;
        sink.unfit({ ...at, raw: boundedText(buffer, start, end, maxRawBytes), reason });
        return;
      }
      // the keys come in the order in which they came when they were found
      if (columns.names.length > keys.length)
        throw new ReadError('crashed', 'The file is not the one that was read before.');
      cleanRows++;
      const cells = keys.map(({ type }, column) => {
        const member = columns.memberAt(column);
        return member < 0 ? null : cellOf(buffer, object.valueStarts[member]!, object.valueEnds[member]!, type);
      });
      sink.row(cells, end - start);
    },
  });
  return { inputRows: cleanRows + unfitRows, cleanRows, unfitRows };
}

/** Strings as their text, but for jsonb as JSON. */
export function cellOf(buffer: Buffer, start: number, end: number, type: JsonKey['type']): StreamCell {
  switch (buffer[start]) {
    case letterN:
      return null;
    case byte.quote:
      return [type === 'jsonb' ? buffer.toString('utf8', start, end) : jsonText(buffer, start, end)];
    case byte.leftBrace:
    case byte.leftBracket:
      return [buffer.toString('utf8', start, end)];
    default:
      return buffer.toString('latin1', start, end);
  }
}
