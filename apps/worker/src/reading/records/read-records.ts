import { Buffer } from 'node:buffer';
import { createReadStream, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { byte } from '../csv/grammar.ts';
import { QuarantineWriter, quarantinePath } from '../quarantine-file.ts';
import type { ReadingContext, ReadingPlan } from '../reading-plan.ts';
import { DelimitedRecords } from './delimited-records.ts';
import { ObjectRecords } from './object-records.ts';
import type { RecordTable } from './record-table.ts';
import { splitTexts } from './split-texts.ts';

/**
 * Reads single rows of a table that is known, each by itself: one that opens a quote and never closes it takes no other
 * along. What fits is copied as a load copies it; what does not is set apart, its position (from 1) as its line.
 */
export async function readRecords(source: string, table: RecordTable, context: ReadingContext): Promise<ReadingPlan> {
  const { workDirectory } = context;
  const { size } = statSync(source);
  rmSync(quarantinePath(workDirectory), { force: true });
  const quarantine = new QuarantineWriter(workDirectory);
  const target = path.join(workDirectory, 'rows.csv');
  const kind =
    table.grammar === null
      ? new ObjectRecords(table, target, context.limits.recordBytes)
      : new DelimitedRecords(table, table.grammar, target, context.limits.recordBytes);
  let line = 0;
  let bytes = 0;
  try {
    for await (const text of splitTexts(createReadStream(source))) {
      line++;
      bytes += text.length + 1;
      const buffer = Buffer.concat([text, Buffer.of(byte.lineFeed)]); // readers want one behind the limit
      const unfit = kind.take(buffer, text.length, line);
      if (unfit) quarantine.add({ line, byteOffset: 0 }, buffer, 0, text.length, unfit.reason, unfit.column);
      context.progress('typing', bytes, size);
    }
  } finally {
    kind.close();
    quarantine.close();
  }
  const { locate: _locate, ...plan } = kind.plan(quarantine.rows); // who replays rows has their text
  const format = table.grammar === null ? 'jsonl' : table.grammar.layout ? 'fixed' : 'csv';
  const said = { format, container: null, encoding: 'utf-8', bom: false, offsetsIn: 'decoded text' } as const;
  return { ...plan, inspection: { ...plan.inspection, ...said } };
}
