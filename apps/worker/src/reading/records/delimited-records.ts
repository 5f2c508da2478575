import { Buffer } from 'node:buffer';
import { CleanCopy } from '../csv/clean-copy.ts';
import { type Grammar, isToldComment, seen } from '../csv/grammar.ts';
import { reasonOfFragment, reasonOfRecord } from '../csv/misfit-reasons.ts';
import { outcome, type RecordReader } from '../csv/record-reader.ts';
import { planOf } from '../csv/scan-settled.ts';
import { TableFindings } from '../csv/table-findings.ts';
import { layoutOf } from '../fixed/fixed-layout.ts';
import { recordReaderOf } from '../fixed/record-reader-of.ts';
import type { TablePlan } from '../reading-plan.ts';
import type { ColumnRule } from '../typing/column-rules.ts';
import { RowRules } from '../typing/row-rules.ts';
import { type RecordKind, refused, type Unfit } from './record-kind.ts';
import type { RecordTable } from './record-table.ts';

/** Rows of a delimited text, or of one of fixed width. */
export class DelimitedRecords implements RecordKind {
  readonly #table: RecordTable;
  readonly #grammar: Grammar;
  readonly #rules: readonly ColumnRule[];
  readonly #rowRules: RowRules;
  readonly #limits: { columns: number; maxRecordBytes: number };
  readonly #reader: RecordReader;
  readonly #findings: TableFindings;
  readonly #path: string;
  readonly #copy: CleanCopy;

  constructor(
    table: RecordTable,
    grammar: NonNullable<RecordTable['grammar']>,
    target: string,
    maxRecordBytes: number,
  ) {
    const { columns } = table;
    this.#table = table;
    this.#grammar = {
      ...grammar,
      comment: Buffer.from(table.comment),
      layout: grammar.layout && { ...layoutOf(grammar.layout.spans), isWhole: grammar.layout.isWhole },
    };
    this.#rules = columns;
    this.#rowRules = new RowRules(columns);
    this.#limits = { columns: columns.length, maxRecordBytes };
    this.#reader = recordReaderOf(this.#grammar, columns.length);
    this.#findings = new TableFindings(columns.length);
    this.#path = target;
    this.#copy = new CleanCopy(target, this.#grammar);
  }

  take(buffer: Buffer, length: number, line: number): Unfit | null {
    const findings = this.#findings;
    findings.inputRows++;
    const unfit = this.#check(buffer, length);
    if (unfit) return unfit;
    findings.cleanRows++;
    findings.tally.addRuledRecord(this.#reader, buffer, line, this.#rowRules);
    findings.longestRecord = Math.max(findings.longestRecord, this.#reader.textEnd);
    this.#copy.addRecord(this.#reader, buffer, this.#rowRules.replacements);
    return null;
  }

  /** Reads the one record that the text should be; why it is none, or does not fit, if so. */
  #check(buffer: Buffer, length: number): Unfit | null {
    const reader = this.#reader;
    if (isToldComment(this.#grammar, buffer, 0, length)) return refused('it is a comment');
    if (length === 0) return refused('it is empty');
    const result = reader.read(buffer, 0, length, true);
    if (result !== outcome.record) return refused(reasonOfFragment[result]);
    if (reader.end < length) return refused('it is more than one row');
    const { columns, maxRecordBytes } = this.#limits;
    if (reader.fieldCount === 1 && (reader.textEnd === 0 || (columns > 1 && isBlank(reader))))
      return refused('it is empty');
    if (this.#table.pad && reader.fieldCount < columns) reader.padTo(columns);
    if (reader.fieldCount !== columns || reader.textEnd > maxRecordBytes) {
      return refused(reasonOfRecord(reader, this.#limits, 0, this.#findings));
    }
    const misfit = this.#rowRules.check(reader, buffer);
    return misfit && { column: this.#table.columns[misfit.column]!.name, reason: misfit.reason };
  }

  close(): void {
    this.#copy.close();
  }

  plan(quarantinedRows: number): TablePlan {
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
      quarantinedRows,
      copy: this.#path,
      locate: async () => {},
    };
    return planOf(scanned, {}, { path: this.#path, file: -1, size: 0, bomBytes: 0, hasInvalidBytes: false });
  }
}

/** As in a load, where a line of blanks is no row that could be padded. */
const isBlank = ({ mask }: RecordReader) => (mask & ~seen.space) === 0;
