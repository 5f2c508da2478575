import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync } from 'node:fs';
import path from 'node:path';
import { byte, type Grammar } from '../csv/grammar.ts';
import { planOf, scanSettled } from '../csv/scan-settled.ts';
import { connectDuck } from '../duck/connect.ts';
import { copyRows } from '../duck/copy-rows.ts';
import { cellExpression, columnAt } from '../duck/copy-sql.ts';
import type { DialectOverrides, InspectedColumn } from '../inspection.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, TablePlan } from '../reading-plan.ts';
import { columnRules } from '../typing/column-rules.ts';
import { describeColumns } from '../typing/describe-columns.ts';

const grammar: Grammar = { delimiter: byte.comma, quote: byte.quote, backslash: false, skipInitialSpace: false };
/** A copy of more columns at once needs more memory than the process is given. */
const maxColumns = 1600;

/**
 * Where the user says something of a Parquet file's columns, its rows are written as CSV once, and are read like any other:
 * values that do not fit are set apart there, by their line in that text. Columns of which nothing is said keep the types
 * that the file gives them. Without a word, the plan stays what it is.
 */
export async function applyOptions(
  plan: TablePlan,
  { types, columns, nullValues, dateOrder, decimalSeparator }: DialectOverrides,
  context: ReadingContext,
): Promise<TablePlan> {
  const said = plan.inspection.columns;
  const options = { types, columns, nullValues, dateOrder, decimalSeparator };
  const rules = columnRules(
    said.map(({ originalName }) => originalName),
    options,
  );
  if (rules === null) return plan;
  if (said.length > maxColumns) {
    throw new ReadError(
      'unsupported',
      `Types and NULLs of a Parquet file's columns can be given up to ${maxColumns} columns; this one has ${said.length}.`,
    );
  }
  // only text is written in a way of its own: numbers of the file are written by DuckDB, with a point
  const own = rules.map((rule, index) =>
    said[index]!.type === 'text' ? rule : { ...rule, decimalSeparator: '.' as const },
  );
  const dump = path.join(context.workDirectory, 'parquet.csv');
  const duck = await connectDuck(plan.path, context.workDirectory);
  const names = said.map(({ name }) => name);
  const source = { ...plan, inspection: { columns: said, format: 'parquet' as const } };
  await copyRows(duck.connection, source, names, dump).finally(duck.close);
  const file = openSync(dump, 'r');
  try {
    const text = { path: dump, file, size: fstatSync(file).size, bomBytes: 0, hasInvalidBytes: false };
    const table = {
      grammar,
      columns: said.length,
      start: { names: said.map(({ originalName }) => originalName), header: [], preamble: [], notes: [] },
      bodyOffset: 0,
      bodyLine: 1,
      skippedLines: 0,
      comments: false,
      headerIsPlain: true,
    };
    const scanned = await scanSettled(table, { rules: own }, { buffer: Buffer.alloc(0) }, text, context);
    const found = planOf(scanned, {}, text);
    const typed = found.inspection.columns.map((column, index): InspectedColumn => {
      const before = said[index]!;
      if (own[index]!.type !== null) return column;
      const { values, nulls, nullSpellings } = column.evidence;
      const applied = own[index]!.nullValues === null ? [] : nullSpellings;
      const evidence = { ...before.evidence, ...(applied.length > 0 && { values, nulls, nullSpellings: applied }) };
      return { ...before, evidence };
    });
    return {
      ...found,
      expressions: new Map(
        typed.map(({ name, type, evidence }, index) => [
          name,
          cellExpression(
            columnAt(index),
            type,
            own[index]!.type === null ? { ...evidence, emptyStrings: 0 } : evidence,
          ),
        ]),
      ),
      inspection: { ...found.inspection, dialect: null, columns: typed, notes: describeColumns(typed) },
    };
  } finally {
    closeSync(file);
  }
}
