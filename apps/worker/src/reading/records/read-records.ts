import { Buffer } from 'node:buffer';
import { createReadStream, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { CleanCopy } from '../csv/clean-copy.ts';
import { byte, isToldComment } from '../csv/grammar.ts';
import { reasonOfFragment, reasonOfRecord } from '../csv/misfit-reasons.ts';
import { outcome, RecordReader } from '../csv/record-reader.ts';
import { planOf } from '../csv/scan-settled.ts';
import { TableFindings } from '../csv/table-findings.ts';
import { QuarantineWriter, quarantinePath } from '../quarantine-file.ts';
import type { ReadingContext, ReadingPlan } from '../reading-plan.ts';
import type { ColumnRule } from '../typing/column-rules.ts';
import { RowRules } from '../typing/row-rules.ts';
import type { RecordTable } from './record-table.ts';
import { splitTexts } from './split-texts.ts';

/**
 * Reads single rows of a delimited table that is known, each by itself: one that opens a quote and never closes it takes no
 * other along. What fits is copied as a load copies it; what does not is set apart, its position (from 1) as its line.
 */
export async function readRecords(source: string, table: RecordTable, context: ReadingContext): Promise<ReadingPlan> {
  const { size } = statSync(source);
  const scan = new RecordScan(table, context);
  try {
    for await (const text of splitTexts(createReadStream(source))) {
      scan.add(text);
      context.progress('typing', scan.bytes, size);
    }
  } finally {
    scan.close();
  }
  return scan.plan();
}

class RecordScan {
  bytes = 0;
  readonly #table: RecordTable;
  readonly #rules: readonly ColumnRule[];
  readonly #rowRules: RowRules;
  readonly #grammar: RecordTable['grammar'] & { readonly comment: Buffer };
  readonly #limits: { columns: number; maxRecordBytes: number };
  readonly #reader: RecordReader;
  readonly #findings: TableFindings;
  readonly #quarantine: QuarantineWriter;
  readonly #copyPath: string;
  readonly #copy: CleanCopy;

  constructor(table: RecordTable, { workDirectory, limits }: ReadingContext) {
    const { columns } = table;
    this.#table = table;
    this.#rules = columns.map(({ type, nullValues, dateOrder, decimalSeparator }) => ({
      type,
      nullValues,
      dateOrder,
      decimalSeparator,
    }));
    this.#rowRules = new RowRules(this.#rules);
    this.#grammar = { ...table.grammar, comment: Buffer.from(table.comment) };
    this.#limits = { columns: columns.length, maxRecordBytes: limits.recordBytes };
    this.#reader = new RecordReader(this.#grammar, columns.length);
    this.#findings = new TableFindings(columns.length);
    rmSync(quarantinePath(workDirectory), { force: true });
    this.#quarantine = new QuarantineWriter(workDirectory);
    this.#copyPath = path.join(workDirectory, 'rows.csv');
    this.#copy = new CleanCopy(this.#copyPath, this.#grammar);
  }

  add(text: Buffer): void {
    const line = ++this.#findings.inputRows;
    this.bytes += text.length + 1;
    const buffer = Buffer.concat([text, Buffer.of(byte.lineFeed)]); // the reader wants one behind the limit
    const misfit = this.#check(buffer, text.length);
    if (misfit) {
      const column = misfit.column === null ? null : this.#table.columns[misfit.column]!.name;
      this.#quarantine.add({ line, byteOffset: 0 }, buffer, 0, text.length, misfit.reason, column);
      return;
    }
    const { textEnd } = this.#reader;
    this.#findings.cleanRows++;
    this.#findings.tally.addRuledRecord(this.#reader, buffer, line, this.#rowRules);
    this.#findings.longestRecord = Math.max(this.#findings.longestRecord, textEnd);
    this.#copy.addRecord(this.#reader, buffer, this.#rowRules.replacements);
  }

  /** Reads the one record that the text should be; why it is none, or does not fit, if so. */
  #check(buffer: Buffer, length: number): { column: number | null; reason: string } | null {
    const no = (reason: string) => ({ column: null, reason });
    const reader = this.#reader;
    if (isToldComment(this.#grammar, buffer, 0, length)) return no('it is a comment');
    if (length === 0) return no('it is empty');
    const result = reader.read(buffer, 0, length, true);
    if (result !== outcome.record) return no(reasonOfFragment[result]);
    if (reader.end < length) return no('it is more than one row');
    if (reader.fieldCount === 1 && reader.textEnd === 0) return no('it is empty');
    const { columns, maxRecordBytes } = this.#limits;
    if (this.#table.pad && reader.fieldCount < columns) reader.padTo(columns);
    if (reader.fieldCount !== columns || reader.textEnd > maxRecordBytes) {
      return no(reasonOfRecord(reader, this.#limits, 0, this.#findings));
    }
    return this.#rowRules.check(reader, buffer);
  }

  close(): void {
    this.#copy.close();
    this.#quarantine.close();
  }

  plan(): ReadingPlan {
    const names = this.#table.columns.map(({ originalName }) => originalName);
    const scanned = {
      table: {
        grammar: this.#grammar,
        columns: names.length,
        start: { names, header: [], preamble: [], notes: [] },
        bodyOffset: 0,
        bodyLine: 1,
        skippedLines: 0,
        comments: false,
        headerIsPlain: true,
      },
      names: this.#table.columns.map(({ name }) => name),
      rules: this.#rules,
      footer: null,
      findings: this.#findings,
      quarantinedRows: this.#quarantine.rows,
      copy: this.#copyPath,
      locate: async () => {},
    };
    const found = planOf(scanned, {}, { path: this.#copyPath, file: -1, size: 0, bomBytes: 0, hasInvalidBytes: false });
    const { locate: _locate, ...plan } = found; // who replays rows has their text
    const said = { format: 'csv', container: null, encoding: 'utf-8', bom: false, offsetsIn: 'decoded text' } as const;
    return { ...plan, inspection: { ...plan.inspection, ...said } };
  }
}
