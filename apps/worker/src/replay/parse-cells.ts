import { ReadError } from '../reading/read-error.ts';
import type { StreamCell } from '../reading/stream/stream-protocol.ts';

/** A row as the reading process may send it. Throws ReadError. */
export function parseCells(row: unknown, width: number): StreamCell[] {
  if (!Array.isArray(row) || row.length !== width) throw brokenWord();
  return row.map((cell: unknown): StreamCell => {
    const isQuoted = Array.isArray(cell) && cell.length === 1;
    const text: unknown = isQuoted ? cell[0] : cell;
    if (text === null && !isQuoted) return null;
    // a NUL ends the row in the file that it is written to, and no text in Postgres holds one
    if (typeof text !== 'string' || text.includes('\0')) throw brokenWord();
    return isQuoted ? [text] : text;
  });
}

const brokenWord = (): ReadError =>
  new ReadError('crashed', 'The process that was reading the rows said what it may not say.');
