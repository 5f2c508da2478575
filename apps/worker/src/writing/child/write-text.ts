import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { csvHeader, csvLines } from '@granary/domain/csv-lines';
import { jsonLines } from '@granary/domain/json-lines';
import { exportedText } from '@granary/domain/row-values';
import type { WriteRequest } from '../protocol.ts';
import { copiedRows } from './copied-rows.ts';

/** CSV or JSON Lines, in the same words as the streams of the API. */
export async function writeText(request: Extract<WriteRequest, { type: 'write' }>): Promise<number> {
  const { format, csv, columns, skip, fifo, target } = request;
  let rows = 0;
  async function* pieces(): AsyncGenerator<string> {
    if (format === 'csv' && csv.header !== 'none') {
      yield csvHeader(
        columns.map(({ name, originalName }) => (csv.header === 'name' ? name : originalName)),
        csv,
      );
    }
    for await (const page of copiedRows(fifo)) {
      rows += page.length;
      const cells = page.map((row) => columns.map(({ type }, at) => exportedText(type, row[at + skip] ?? null)));
      yield format === 'csv' ? csvLines(cells, columns, csv) : jsonLines(cells, columns);
    }
  }
  await pipeline(pieces, createWriteStream(target, { mode: 0o600 }));
  return rows;
}
