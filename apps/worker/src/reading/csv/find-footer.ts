import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import { ReadError } from '../read-error.ts';
import type { TextFile } from '../reading-plan.ts';
import { shorten } from '../typing/bounded-text.ts';
import { findLineEnd } from './line-ends.ts';

/** The last lines of a text. */
export interface Footer {
  /** Where it begins, and with what words. */
  readonly offset: number;
  readonly text: string;
}

const most = 4 << 20;

/** The last `lines` lines of a text, blank ones at its very end not counted; null if none are asked for. */
export function findFooter({ file, size, bomBytes }: TextFile, lines: number): Footer | null {
  if (lines === 0) return null;
  const from = Math.max(bomBytes, size - most);
  const tail = Buffer.alloc(size - from + 1);
  const length = readSync(file, tail, 0, size - from, from);
  const starts: number[] = [];
  let filled = 0;
  for (let position = 0; position < length; ) {
    const end = findLineEnd(tail, position, length, true);
    starts.push(position);
    if (tail.toString('latin1', position, end?.textEnd ?? length).trim() !== '') filled = starts.length;
    position = end?.next ?? length;
  }
  // of the first line in the tail only the end may be seen
  const first = filled - lines;
  const start = starts[first];
  if (start === undefined || (first === 0 && from > bomBytes)) {
    if (from === bomBytes) return { offset: from, text: '' };
    throw new ReadError('bad_options', `The last ${lines} lines of the file are more than ${most} bytes.`);
  }
  const end = findLineEnd(tail, start, length, true)?.textEnd ?? length;
  return { offset: from + start, text: shorten(tail.toString('utf8', start, end).trim(), 120) };
}
