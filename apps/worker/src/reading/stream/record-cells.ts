import type { Buffer } from 'node:buffer';
import { type Grammar, seen } from '../csv/grammar.ts';
import type { RecordReader } from '../csv/record-reader.ts';
import type { StreamCell } from './stream-protocol.ts';

/** The cells of the record that was read last. */
export function cellsOf(reader: RecordReader, buffer: Buffer, { layout }: Pick<Grammar, 'layout'>): StreamCell[] {
  const cells: StreamCell[] = [];
  // a field of fixed width may hold what parts fields elsewhere
  const quoting = layout ? seen.quoted | seen.comma : seen.quoted;
  for (let field = 0; field < reader.fieldCount; field++) {
    const isQuoted = (reader.masks[field]! & quoting) !== 0;
    const text = textOf(reader, buffer, field);
    cells.push(isQuoted ? [text] : text === '' ? null : text);
  }
  return cells;
}

/** Most fields are ASCII that stands in the buffer as it is, and need no view of their own. */
const textOf = (reader: RecordReader, buffer: Buffer, field: number): string =>
  (reader.masks[field]! & (seen.escaped | seen.other)) === 0
    ? buffer.toString('latin1', reader.starts[field], reader.ends[field])
    : reader.content(buffer, field).toString('utf8');
