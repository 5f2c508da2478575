import type { Buffer } from 'node:buffer';
import { closeSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as giveWay } from 'node:timers/promises';
import { readCsvSource } from '../duck/copy-sql.ts';
import { ByteWindow } from '../input/byte-window.ts';
import { FileWriter } from '../input/file-writer.ts';
import type { DelimitedRows, ReadingPlan } from '../reading-plan.ts';
import { byte, seen } from './grammar.ts';
import { outcome, RecordReader } from './record-reader.ts';

/** Of the open files together; a wide file has dozens. */
const bufferedBytes = 8 << 20;

interface Slice {
  readonly first: number;
  /** Not in it any more. */
  readonly end: number;
  readonly file: FileWriter;
}

/**
 * Cuts a wide table into files of so many columns each, one after the other, in one pass: DuckDB would read the whole file
 * once for each of them. Returns a plan for each; where the rows are no delimited text, the plan itself, which reads only
 * the columns that it is asked for. Takes as much room on the disk as the rows do.
 */
export async function splitColumns(
  plan: ReadingPlan,
  sizes: readonly number[],
  workDirectory: string,
  onProgress: (offset: number) => void,
): Promise<ReadingPlan[]> {
  const { rows, inspection } = plan;
  if (!rows) return [plan];
  const slices = openSlices(sizes, workDirectory);
  try {
    const written = await writeSlices(rows, inspection.columns.length, slices, onProgress);
    if (written !== inspection.cleanRows) {
      throw new Error(`the rows do not add up: ${inspection.cleanRows} were to be split, and ${written} were`);
    }
  } finally {
    for (const { file } of slices) file.close();
  }
  return slices.map(({ first, end, file }) => ({
    inspection,
    path: file.path,
    source: readCsvSource({
      path: file.path,
      grammar: rows.grammar,
      firstColumn: first,
      columns: end - first,
      header: false,
      newLine: 'lf',
      longestRecord: rows.longestRecord,
    }),
    expressions: new Map([...plan.expressions].slice(first, end)),
  }));
}

function openSlices(sizes: readonly number[], workDirectory: string): Slice[] {
  let end = 0;
  return sizes.map((size, index) => {
    const start = end;
    end += size;
    const target = path.join(workDirectory, `columns-${index + 1}.csv`);
    rmSync(target, { force: true });
    // one column alone would make an empty line of a row without a value: its neighbour keeps it company
    const first = size === 1 ? Math.max(start - 1, 0) : start;
    return { first, end, file: new FileWriter(target, Math.ceil(bufferedBytes / sizes.length)) };
  });
}

async function writeSlices(
  { path: source, from, grammar }: DelimitedRows,
  columns: number,
  slices: readonly Slice[],
  onProgress: (offset: number) => void,
): Promise<number> {
  const reader = new RecordReader(grammar, columns);
  const file = openSync(source, 'r');
  let written = 0;
  try {
    const window = new ByteWindow(file, from);
    for (let position = 0; ; ) {
      window.advance(position);
      position = 0;
      const { buffer, limit, atEnd } = window;
      while (position < limit) {
        const start = position;
        const result = reader.read(buffer, start, limit, atEnd);
        if (result === outcome.incomplete) break;
        if (result !== outcome.record) throw new Error('a row that was clean is not any more');
        position = reader.end;
        if (reader.fieldCount === 1 && reader.textEnd === start) continue; // a blank line
        if (reader.fieldCount !== columns) throw new Error('a row has another width than it had');
        for (const slice of slices) writeSlice(slice, reader, buffer);
        written++;
      }
      if (atEnd && position >= limit) return written;
      onProgress(window.offset + position);
      await giveWay();
    }
  } finally {
    closeSync(file);
  }
}

/** The text of neighbouring fields as it stands, quotes and delimiters and all. */
function writeSlice({ first, end, file }: Slice, { starts, ends, masks }: RecordReader, buffer: Buffer): void {
  const last = end - 1;
  const from = starts[first]! - ((masks[first]! & seen.quoted) === 0 ? 0 : 1);
  const to = ends[last]! + ((masks[last]! & seen.quoted) === 0 ? 0 : 1);
  file.bytes(buffer, from, to);
  file.byte(byte.lineFeed);
}
