import { closeSync, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { readCsv } from '../csv/read-csv.ts';
import { ByteBudget } from '../input/byte-budget.ts';
import { ZipArchive } from '../input/zip/zip-archive.ts';
import type { DialectOverrides } from '../inspection.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, TablePlan } from '../reading-plan.ts';
import { chooseSheet, listNames } from './choose-sheet.ts';
import { readNumberFormats } from './number-formats.ts';
import { SheetReader } from './read-sheet.ts';
import { readSharedStrings } from './shared-strings.ts';
import { SheetRows } from './sheet-rows.ts';
import { readWorkbook, WorkbookParts } from './workbook-parts.ts';

/**
 * Reads one sheet of an Excel workbook (.xlsx, ECMA-376): it becomes a CSV file of which each line is a row of the sheet, and
 * then is read like any other, so types, quarantine and evidence are the same. Throws ReadError.
 */
export async function readXlsx(
  source: string,
  overrides: DialectOverrides,
  context: ReadingContext,
): Promise<TablePlan> {
  const target = path.join(context.workDirectory, 'sheet.csv');
  const found = await writeSheet(source, target, overrides.sheet, context);
  const { delimiter: _, encoding: __, ...others } = overrides;
  const file = openSync(target, 'r');
  try {
    const text = { path: target, file, size: fstatSync(file).size, bomBytes: 0, hasInvalidBytes: false };
    const plan = await readCsv(text, { ...others, delimiter: ',', quote: '"', escape: '"' }, context);
    if (plan.path !== target) rmSync(target);
    const inCsv =
      plan.inspection.quarantinedRows > 0 ? ['Lines of quarantined rows are rows of the sheet, written as CSV.'] : [];
    return {
      ...plan,
      inspection: { ...plan.inspection, dialect: null, notes: [...found, ...plan.inspection.notes, ...inCsv] },
    };
  } finally {
    closeSync(file);
  }
}

/** Writes the sheet as CSV; returns what is to be said of it. */
async function writeSheet(
  source: string,
  target: string,
  named: string | undefined,
  { workDirectory, limits, progress }: ReadingContext,
): Promise<string[]> {
  await using archive = await ZipArchive.open(source);
  const parts = new WorkbookParts(archive, new ByteBudget(limits.decodedBytes, statSync(source).size));
  const workbook = await readWorkbook(parts);
  const { sheet, others } = await chooseSheet(workbook, named, parts);
  const meaning = {
    formats: await readNumberFormats(parts, workbook.styles),
    strings: await readSharedStrings(parts, workbook.sharedStrings),
    date1904: workbook.date1904,
  };
  const ragged = path.join(workDirectory, 'sheet-rows');
  const rows = new SheetRows(ragged);
  const reader = new SheetReader(rows, meaning, limits.recordBytes);
  const size = parts.sizeOf(sheet.part);
  await parts.parse(sheet.part, reader, (bytes) => progress('decoding', bytes, Math.max(bytes, size)));
  rows.finish(target);
  rmSync(ragged);
  if (rows.filledRows === 0) throw new ReadError('not_a_table', `The sheet ${JSON.stringify(sheet.name)} is empty.`);
  const notes = [`The sheet ${JSON.stringify(sheet.name)} of the workbook was read.`];
  if (others.length > 0) {
    notes.push(`Other sheets hold something too, and were not read: ${listNames(others)}. The option sheet names one.`);
  }
  if (workbook.date1904)
    notes.push('The workbook counts its days from 1904, as older ones of a Mac do; dates were read so.');
  if (rows.extent.from > 0) notes.push(`The table begins in column ${columnName(rows.extent.from)} of the sheet.`);
  return [...notes, ...reader.report.notes()];
}

/** @example columnName(27) // 'AB' */
const columnName = (column: number): string =>
  (column < 26 ? '' : columnName(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + (column % 26));
