import { type Buffer, isUtf8 } from 'node:buffer';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { columnNames } from '../column-names.ts';
import { byte, type Grammar } from '../csv/grammar.ts';
import { cellExpression, columnAt, readCsvSource } from '../duck/copy-sql.ts';
import { FileWriter } from '../input/file-writer.ts';
import { withFile } from '../input/with-file.ts';
import type { DialectOverrides, InspectedColumn } from '../inspection.ts';
import { QuarantineWriter, quarantinePath } from '../quarantine-file.ts';
import { ReadError } from '../read-error.ts';
import type { FoundRow, ReadingContext, TablePlan, TextFile } from '../reading-plan.ts';
import { shorten } from '../typing/bounded-text.ts';
import { chooseType } from '../typing/choose-type.ts';
import { ColumnMisfits } from '../typing/column-misfits.ts';
import { type ColumnRule, columnRules } from '../typing/column-rules.ts';
import { ColumnTally } from '../typing/column-tally.ts';
import { describeColumns } from '../typing/describe-columns.ts';
import { lexicalClass } from '../typing/lexical-class.ts';
import { JsonColumns } from './json-columns.ts';
import { JsonObject } from './json-object.ts';
import { formatPointer } from './json-pointer.ts';
import { type JsonPlace, readJsonRecords } from './json-records.ts';
import { JsonRules } from './json-rules.ts';
import { classifyJson, writeCell, writeText } from './json-values.ts';

interface JsonFindings {
  readonly columns: InspectedColumn[];
  readonly inputRows: number;
  readonly cleanRows: number;
  readonly quarantinedRows: number;
}

const rowsGrammar: Grammar = { delimiter: byte.comma, quote: byte.quote, backslash: false, skipInitialSpace: false };

/**
 * Reads an array of objects or JSON Lines: once for keys and types, once to write the rows as CSV, for the columns are
 * known only at the end. Numbers keep their digits, nested values are kept as JSON. Throws ReadError.
 */
export async function readJson(
  text: TextFile,
  place: JsonPlace,
  options: DialectOverrides,
  context: ReadingContext,
): Promise<TablePlan> {
  const found = await findColumns(text, place, null, context);
  // which columns there are, and so whose types the user gives, is known only now
  const rules = columnRules(
    found.columns.map(({ originalName }) => originalName),
    options,
  );
  const findings = rules === null ? found : await findColumns(text, place, rules, context);
  const { columns, inputRows, cleanRows, quarantinedRows } = findings;
  const rowsPath = path.join(context.workDirectory, 'rows.csv');
  const longestRecord = await writeRows(text, place, findings, rules, rowsPath, context);
  return {
    path: rowsPath,
    rows: { path: rowsPath, from: 0, grammar: rowsGrammar, longestRecord },
    source: readCsvSource({
      path: rowsPath,
      grammar: rowsGrammar,
      columns: columns.length,
      header: false,
      newLine: 'lf',
      longestRecord,
    }),
    expressions: new Map(
      columns.map(({ name, type, evidence }, index) => [name, cellExpression(columnAt(index), type, evidence)]),
    ),
    inspection: {
      dialect: null,
      ...(place.format === 'json' && place.path.length > 0 && { path: formatPointer(place.path) }),
      columns,
      inputRows,
      cleanRows,
      quarantinedRows,
      notes: describeColumns(columns),
    },
    locate: (wanted, found) =>
      withFile(text.path, (file) => locateRecords({ ...text, file }, place, rules, context, wanted, found)),
  };
}

async function locateRecords(
  text: TextFile,
  place: JsonPlace,
  given: readonly ColumnRule[] | null,
  context: ReadingContext,
  wanted: ReadonlySet<number>,
  found: FoundRow,
): Promise<void> {
  const rules = given && new JsonRules(given);
  const object = new JsonObject();
  const keys = new JsonColumns();
  let row = 0;
  await readJsonRecords(text, place, {
    maxRecordBytes: context.limits.recordBytes,
    onProgress: () => {},
    onRecord(buffer, start, end, at) {
      if (reasonAgainst(object, keys, text, buffer, start, end) !== null) return;
      if (rules && rules.check(object, keys, buffer) !== null) return;
      row++;
      if (wanted.has(row)) found(at, buffer, start, end);
    },
  });
}

async function findColumns(
  text: TextFile,
  place: JsonPlace,
  given: readonly ColumnRule[] | null,
  context: ReadingContext,
): Promise<JsonFindings> {
  const rules = given && new JsonRules(given);
  const misfits = new ColumnMisfits();
  rmSync(quarantinePath(context.workDirectory), { force: true });
  const object = new JsonObject();
  const keys = new JsonColumns();
  const tally = new ColumnTally(0);
  const quarantine = new QuarantineWriter(context.workDirectory);
  let inputRows = 0;
  let cleanRows = 0;
  await readJsonRecords(text, place, {
    maxRecordBytes: context.limits.recordBytes,
    onProgress: (offset) => context.progress('typing', offset, text.size),
    onRecord(buffer, start, end, at) {
      inputRows++;
      const reason = reasonAgainst(object, keys, text, buffer, start, end);
      if (reason !== null) {
        quarantine.add(at, buffer, start, end, reason);
        return;
      }
      const misfit = rules?.check(object, keys, buffer) ?? null;
      if (misfit !== null) {
        // no column but this one's predecessors have a say in its name
        const column = columnNames(keys.names.slice(0, misfit.column + 1)).at(-1);
        quarantine.add(at, buffer, start, end, misfit.reason, column);
        misfits.add(misfit.column, at.line);
        return;
      }
      cleanRows++;
      if (keys.names.length > tally.columns) {
        if (keys.names.length > context.limits.columns) {
          throw new ReadError(
            'too_large',
            `The objects have more than the ${context.limits.columns} different keys that are allowed.`,
          );
        }
        tally.grow(keys.names.length);
      }
      for (let member = 0; member < object.members; member++) {
        const from = object.valueStarts[member]!;
        const to = object.valueEnds[member]!;
        const column = keys.columnOf[member]!;
        if (rules?.replacements.get(column) === null) {
          const inner = buffer[from] === byte.quote ? 1 : 0;
          tally.add(column, lexicalClass.nullSpelling, buffer, from + inner, to - inner, at.line);
          continue;
        }
        const kind = classifyJson(buffer, from, to, object.troubles[member]!);
        tally.add(column, kind, buffer, from, to, at.line);
      }
    },
  });
  quarantine.close();
  if (keys.names.length === 0) throw noObjects(inputRows);
  tally.fillNulls(cleanRows);
  const names = columnNames(keys.names);
  const columns = names.map((name, index) => ({
    originalName: keys.names[index]!,
    name,
    ...chooseType(tally, index, 'json', { rule: given?.[index], misfits: misfits.of(index) }),
  }));
  return { columns, inputRows, cleanRows, quarantinedRows: quarantine.rows };
}

/** Writes the rows that fit; returns the bytes of the longest. */
async function writeRows(
  text: TextFile,
  place: JsonPlace,
  { columns }: JsonFindings,
  given: readonly ColumnRule[] | null,
  rowsPath: string,
  context: ReadingContext,
): Promise<number> {
  const object = new JsonObject();
  const keys = new JsonColumns();
  const rules = given && new JsonRules(given);
  const writer = new FileWriter(rowsPath);
  let longest = 0;
  await readJsonRecords(text, place, {
    maxRecordBytes: context.limits.recordBytes,
    onProgress: (offset) => context.progress('reading', offset, text.size),
    onRecord(buffer, start, end) {
      if (reasonAgainst(object, keys, text, buffer, start, end) !== null) return;
      if (rules && rules.check(object, keys, buffer) !== null) return;
      const before = writer.length;
      for (let column = 0; column < columns.length; column++) {
        if (column > 0) writer.byte(byte.comma);
        const member = keys.memberAt(column);
        if (member < 0) continue;
        const replacement = rules?.replacements.get(column);
        if (replacement !== undefined) {
          if (replacement !== null) writeText(writer, replacement);
          continue;
        }
        writeCell(writer, buffer, object.valueStarts[member]!, object.valueEnds[member]!, columns[column]!.type);
      }
      writer.byte(byte.lineFeed);
      longest = Math.max(longest, writer.length - before);
    },
  });
  writer.close();
  return longest;
}

/** Why a record is no row; null: it is one, and both objects know it now. The same in both passes. */
function reasonAgainst(
  object: JsonObject,
  keys: JsonColumns,
  text: TextFile,
  buffer: Buffer,
  start: number,
  end: number,
): string | null {
  if (text.hasInvalidBytes && !isUtf8(buffer.subarray(start, end))) return 'it holds bytes that could not be decoded';
  const reason = object.read(buffer, start, end);
  if (reason !== null) return reason;
  const twice = keys.resolve(object, buffer);
  return twice === null ? null : `the key ${JSON.stringify(shorten(twice, 100))} appears twice`;
}

function noObjects(records: number): ReadError {
  return new ReadError(
    'not_a_table',
    records === 0
      ? 'The JSON array is empty: without an object there are no columns.'
      : `None of the ${records} values in this JSON file is an object with a key, so there are no columns.`,
  );
}
