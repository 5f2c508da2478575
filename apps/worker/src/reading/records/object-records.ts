import { Buffer } from 'node:buffer';
import { byte, type Grammar } from '../csv/grammar.ts';
import { tooLongReason } from '../csv/misfit-reasons.ts';
import { columnAt, readCsvSource } from '../duck/copy-sql.ts';
import { FileWriter } from '../input/file-writer.ts';
import { JsonColumns } from '../json/json-columns.ts';
import { JsonObject } from '../json/json-object.ts';
import { JsonRules } from '../json/json-rules.ts';
import { writeCell, writeText } from '../json/json-values.ts';
import type { TablePlan } from '../reading-plan.ts';
import { shorten } from '../typing/bounded-text.ts';
import { type RecordKind, refused, type Unfit } from './record-kind.ts';
import type { RecordTable } from './record-table.ts';

const rowsGrammar: Grammar = { delimiter: byte.comma, quote: byte.quote, backslash: false, skipInitialSpace: false };

/** Rows of a JSON file: an object each, whose keys are the file's. */
export class ObjectRecords implements RecordKind {
  #inputRows = 0;
  #cleanRows = 0;
  #longest = 0;
  readonly #table: RecordTable;
  readonly #maxRecordBytes: number;
  readonly #rules: JsonRules;
  readonly #object = new JsonObject();
  readonly #keys = new JsonColumns();
  readonly #writer: FileWriter;

  constructor(table: RecordTable, target: string, maxRecordBytes: number) {
    this.#table = table;
    this.#maxRecordBytes = maxRecordBytes;
    this.#rules = new JsonRules(table.columns);
    this.#writer = new FileWriter(target);
    // an object with all keys, so that each of them has the column that it has in the dataset
    const all = `{${table.columns.map(({ originalName }) => `${JSON.stringify(originalName)}:null`).join(',')}}`;
    const buffer = Buffer.from(`${all}\n`);
    if (this.#object.read(buffer, 0, buffer.length - 1) !== null || this.#keys.resolve(this.#object, buffer) !== null)
      throw new Error('the columns of the file are no keys of an object');
  }

  take(buffer: Buffer, length: number): Unfit | null {
    this.#inputRows++;
    const unfit = this.#check(buffer, length);
    if (unfit) return unfit;
    this.#cleanRows++;
    this.#write(buffer);
    return null;
  }

  #check(buffer: Buffer, length: number): Unfit | null {
    if (length > this.#maxRecordBytes) return refused(tooLongReason);
    const reason = this.#object.read(buffer, 0, length);
    if (reason !== null) return refused(reason);
    const twice = this.#keys.resolve(this.#object, buffer);
    if (twice !== null) return refused(`the key ${JSON.stringify(shorten(twice, 100))} appears twice`);
    const { columns } = this.#table;
    for (let member = 0; member < this.#object.members; member++) {
      const column = this.#keys.columnOf[member]!;
      if (column >= columns.length)
        return refused(`no row of the file has the key ${JSON.stringify(shorten(this.#keys.names[column]!, 100))}`);
    }
    const misfit = this.#rules.check(this.#object, this.#keys, buffer);
    return misfit && { column: columns[misfit.column]!.name, reason: misfit.reason };
  }

  #write(buffer: Buffer): void {
    const writer = this.#writer;
    const before = writer.length;
    for (const [column, { type }] of this.#table.columns.entries()) {
      if (column > 0) writer.byte(byte.comma);
      const member = this.#keys.memberAt(column);
      if (member < 0) continue;
      const replacement = this.#rules.replacements.get(column);
      if (replacement === undefined)
        writeCell(writer, buffer, this.#object.valueStarts[member]!, this.#object.valueEnds[member]!, type);
      else if (replacement !== null) writeText(writer, replacement);
    }
    writer.byte(byte.lineFeed);
    this.#longest = Math.max(this.#longest, writer.length - before);
  }

  close(): void {
    this.#writer.close();
  }

  plan(quarantinedRows: number): TablePlan {
    const { columns } = this.#table;
    const { path } = this.#writer;
    const longestRecord = this.#longest;
    return {
      path,
      rows: { path, from: 0, grammar: rowsGrammar, longestRecord },
      source: readCsvSource({
        path,
        grammar: rowsGrammar,
        columns: columns.length,
        header: false,
        newLine: 'lf',
        longestRecord,
      }),
      // every value is written as its type is read
      expressions: new Map(columns.map(({ name }, index) => [name, columnAt(index)])),
      inspection: {
        dialect: null,
        columns: columns.map(({ name, originalName, type }) => ({ name, originalName, type, evidence: given })),
        inputRows: this.#inputRows,
        cleanRows: this.#cleanRows,
        quarantinedRows,
        notes: [],
      },
    };
  }
}

/** Of columns whose types are known: nothing was looked for. */
const given = {
  values: 0,
  nulls: 0,
  nullSpellings: [],
  emptyStrings: 0,
  fits: {},
  misfits: [],
  spelling: null,
  reason: 'it is the type that the dataset has',
};
