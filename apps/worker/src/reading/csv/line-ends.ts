import { byte } from './grammar.ts';

/** The first line end (LF, CR LF or CR) at or after `from`: where the text before it ends, and where the next line begins. */
export function findLineEnd(
  buffer: Uint8Array,
  from: number,
  limit: number,
  atEnd: boolean,
): { textEnd: number; next: number } | null {
  // not indexOf: looking for a CR that the file does not have would run to the end of the window for every line
  for (let position = from; position < limit; position++) {
    const code = buffer[position];
    if (code === byte.lineFeed) return { textEnd: position, next: position + 1 };
    if (code === byte.carriageReturn) {
      if (position + 1 >= limit && !atEnd) return null;
      const pair = position + 1 < limit && buffer[position + 1] === byte.lineFeed;
      return { textEnd: position, next: position + (pair ? 2 : 1) };
    }
  }
  return atEnd ? { textEnd: limit, next: limit } : null;
}

/** Line ends in `buffer[start, end)`; `end` does not part a CR LF. */
export function countLineEnds(buffer: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let position = start; position < end; position++) {
    const code = buffer[position];
    if (code === byte.lineFeed || (code === byte.carriageReturn && buffer[position + 1] !== byte.lineFeed)) count++;
  }
  return count;
}
