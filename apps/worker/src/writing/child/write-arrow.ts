import { closeSync, openSync, writeSync } from 'node:fs';
import { Field, makeData, RecordBatch, RecordBatchFileWriter, Schema, Struct } from 'apache-arrow';
import type { WriteRequest } from '../protocol.ts';
import { arrowColumn } from './arrow-columns.ts';
import { copiedRows } from './copied-rows.ts';

type Row = (string | null)[];

/** A record batch is held until it is full: so many rows, or so many cells of wide ones. */
const batchRows = 65_536;
const batchCells = 1_000_000;

/** Rows of the pipe as an Arrow IPC file (what Feather 2 is), types kept; returns their number. */
export async function writeArrow(request: Extract<WriteRequest, { type: 'write' }>): Promise<number> {
  const { fifo, skip, columns, target } = request;
  const kinds = columns.map(arrowColumn);
  const schema = new Schema(
    columns.map(
      ({ name, originalName }, at) =>
        new Field(name, kinds[at]!.type, true, new Map([['originalName', originalName], ...kinds[at]!.metadata])),
    ),
  );
  const size = Math.max(1, Math.min(batchRows, Math.floor(batchCells / columns.length)));
  const writer = new RecordBatchFileWriter();
  const file = openSync(target, 'wx', 0o600);
  try {
    // writes as soon as a batch is there, so that none is held while the next is read
    const written = (async () => {
      for await (const piece of writer) writeWhole(file, piece);
    })();
    writer.reset(undefined, schema);
    let rows = 0;
    let waiting: Row[] = [];
    const writeBatch = async () => {
      const children = kinds.map((kind, at) => kind.data(waiting.map((row) => row[at + skip] ?? null)));
      const type = new Struct(schema.fields);
      writer.write(new RecordBatch(schema, makeData({ type, length: waiting.length, nullCount: 0, children })));
      rows += waiting.length;
      waiting = [];
      await new Promise(setImmediate);
    };
    for await (const page of copiedRows(fifo)) {
      for (const row of page) {
        waiting.push(row);
        if (waiting.length === size) await writeBatch();
      }
    }
    if (waiting.length > 0) await writeBatch();
    writer.finish();
    await written;
    return rows;
  } finally {
    closeSync(file);
  }
}

function writeWhole(file: number, piece: Uint8Array): void {
  for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
}
