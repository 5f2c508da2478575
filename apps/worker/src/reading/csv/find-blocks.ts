import { setImmediate as giveWay } from 'node:timers/promises';
import { ByteWindow } from '../input/byte-window.ts';
import type { TextFile } from '../reading-plan.ts';
import { type Grammar, seen } from './grammar.ts';
import { countLineEnds, findLineEnd } from './line-ends.ts';
import type { Sample } from './measure-sample.ts';
import { outcome, RecordReader } from './record-reader.ts';

/** Records between blank ones. */
export interface Block {
  readonly offset: number;
  readonly line: number;
  /** Behind its last record, and on which line that ends. */
  readonly end: number;
  readonly lastLine: number;
  readonly records: number;
}

/** Past this a file is double-spaced rather than one of several tables. */
const maxBlocks = 500;

/** Whether two lines that hold something have one between them that holds nothing but, perhaps, delimiters. */
export function hasBlocks({ buffer, limit }: Sample): boolean {
  let [position, isBlank, isAfterText, isAfterBlank] = [0, true, false, false];
  for (; position < limit; position++) {
    const code = buffer[position]!;
    if (code === 10 || code === 13) {
      if (code === 10 && buffer[position - 1] === 13) continue;
      if (!isBlank) isAfterText = true;
      else if (isAfterText) isAfterBlank = true;
      isBlank = true;
    } else if (code !== 32 && code !== 9 && code !== 44 && code !== 59 && code !== 124) {
      if (isBlank && isAfterBlank) return true;
      isBlank = false;
    }
  }
  return false;
}

/** What of a text may hold tables: without the lines that the user wants to be skipped. */
export interface Stretch {
  readonly from: number;
  readonly line: number;
  readonly to: number;
}

/** The blocks of a delimited text, or null if there are too many to be tables. */
export async function findBlocks(
  { file }: TextFile,
  stretch: Stretch,
  grammar: Grammar,
  maxRecordBytes: number,
): Promise<Block[] | null> {
  const blocks: Block[] = [];
  const window = new ByteWindow(file, stretch.from, stretch.to);
  const reader = new RecordReader(grammar, 0);
  let open: { offset: number; line: number; records: number } | null = null;
  let { line } = stretch;
  let last = { end: stretch.from, line };
  const close = () => {
    if (open) blocks.push({ ...open, end: last.end, lastLine: last.line });
    open = null;
  };
  for (let position = 0; ; ) {
    window.advance(position);
    position = 0;
    const { buffer, limit, atEnd } = window;
    while (position < limit) {
      const start = position;
      const result = reader.read(buffer, start, limit, atEnd);
      const isTooLong = limit - start > maxRecordBytes;
      if (result === outcome.incomplete && !isTooLong) break;
      // as the scan does: a fault of quoting takes the lines up to the one where it began
      const end = result === outcome.record ? reader.end : findLineEnd(buffer, reader.openedAt, limit, atEnd)?.next;
      if (end === undefined && !isTooLong) break;
      position = end ?? limit;
      const firstLine = line;
      line += countLineEnds(buffer, start, position);
      if (result === outcome.record && (reader.mask & ~seen.space) === 0) {
        close();
        if (blocks.length > maxBlocks) return null;
        continue;
      }
      open ??= { offset: window.offset + start, line: firstLine, records: 0 };
      open.records++;
      last = { end: window.offset + position, line: Math.max(firstLine, line - 1) };
    }
    if (atEnd && position >= limit) break;
    await giveWay();
  }
  close();
  return blocks;
}
