import { Buffer, isUtf8 } from 'node:buffer';
import { byte, type Grammar, seen } from '../csv/grammar.ts';
import { reasonOfFragment, tooLongReason } from '../csv/misfit-reasons.ts';
import { outcome } from '../csv/record-reader.ts';
import { layoutOf } from '../fixed/fixed-layout.ts';
import { recordReaderOf } from '../fixed/record-reader-of.ts';
import { JsonColumns } from '../json/json-columns.ts';
import { JsonObject } from '../json/json-object.ts';
import type { RecordTable } from '../records/record-table.ts';
import { splitTexts } from '../records/split-texts.ts';
import { cellsOf } from './record-cells.ts';
import { cellOf } from './send-objects.ts';
import type { StreamCell, StreamEnd, StreamRequest } from './stream-protocol.ts';
import type { StreamSink } from './stream-sink.ts';

/** The cells of one text, behind which a line feed stands; or why it is no row, in words that repeat nothing of it. */
type ReadOne = (buffer: Buffer, length: number) => { cells: StreamCell[] } | { reason: string };

const flushBytes = 1 << 18;

/**
 * Reads single rows of a known table that come as a stream, each by itself, as `readRecords` does from a file: whether a value
 * fits its column is found out later, when identifiers were replaced.
 */
export async function readRecordStream(
  bytes: AsyncIterable<Buffer>,
  table: RecordTable,
  limits: StreamRequest['limits'],
  sink: StreamSink,
): Promise<StreamEnd> {
  const readOne = table.grammar === null ? objectsOf(table) : recordsOf(table, table.grammar);
  let position = 0;
  let cleanRows = 0;
  let waiting = 0;
  for await (const text of splitTexts(bytes)) {
    position++;
    const read =
      text.length > limits.recordBytes
        ? { reason: tooLongReason }
        : readOne(Buffer.concat([text, Buffer.of(byte.lineFeed)]), text.length);
    if ('cells' in read) {
      cleanRows++;
      sink.row([String(position), ...read.cells], text.length);
    } else sink.unfit({ line: position, byteOffset: 0, raw: '', reason: read.reason });
    waiting += text.length + 64;
    if (waiting < flushBytes) continue;
    await sink.flush();
    waiting = 0;
  }
  return {
    type: 'end',
    format: table.grammar === null ? 'jsonl' : 'csv',
    dialect: null,
    container: null,
    encoding: 'utf-8',
    bom: false,
    inputRows: position,
    cleanRows,
    unfitRows: position - cleanRows,
    notes: [],
    keys: null,
  };
}

function recordsOf({ columns }: RecordTable, told: NonNullable<RecordTable['grammar']>): ReadOne {
  const grammar: Grammar = {
    ...told,
    layout: told.layout && { ...layoutOf(told.layout.spans), isWhole: told.layout.isWhole },
  };
  const reader = recordReaderOf(grammar, columns.length);
  return (buffer, length) => {
    if (length === 0) return { reason: 'it is empty' };
    const result = reader.read(buffer, 0, length, true);
    if (result !== outcome.record) return { reason: reasonOfFragment[result] };
    if (reader.end < length) return { reason: 'it is more than one row' };
    if (reader.fieldCount === 1 && (reader.mask & ~seen.space) === 0) return { reason: 'it is empty' };
    if (reader.fieldCount !== columns.length) return { reason: reader.describeWidth(columns.length) };
    if (!isUtf8(buffer.subarray(0, length))) return { reason: 'it holds bytes that could not be decoded' };
    return { cells: cellsOf(reader, buffer, grammar) };
  };
}

function objectsOf({ columns }: RecordTable): ReadOne {
  const object = new JsonObject();
  const keys = new JsonColumns();
  const all = Buffer.from(`{${columns.map(({ originalName }) => `${JSON.stringify(originalName)}:null`).join(',')}}\n`);
  if (object.read(all, 0, all.length - 1) !== null || keys.resolve(object, all) !== null)
    throw new Error('the columns of the file are no keys of an object');
  return (buffer, length) => {
    if (!isUtf8(buffer.subarray(0, length))) return { reason: 'it holds bytes that could not be decoded' };
    const reason = object.read(buffer, 0, length);
    if (reason !== null) return { reason };
    if (keys.resolve(object, buffer) !== null) return { reason: 'one of its keys appears twice' };
    for (let member = 0; member < object.members; member++)
      if (keys.columnOf[member]! >= columns.length) return { reason: 'it has a key that no row of the file has' };
    const cells = columns.map(({ type }, column) => {
      const member = keys.memberAt(column);
      if (member < 0) return null;
      return cellOf(buffer, object.valueStarts[member]!, object.valueEnds[member]!, type === 'jsonb' ? type : null);
    });
    return { cells };
  };
}
