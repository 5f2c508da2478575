import { rmSync } from 'node:fs';
import path from 'node:path';
import { columnNames } from '../column-names.ts';
import { cellExpression, columnAt, readCsvSource } from '../duck/copy-sql.ts';
import { withFile } from '../input/with-file.ts';
import type { DialectOverrides, InspectedColumn } from '../inspection.ts';
import { QuarantineWriter, quarantinePath } from '../quarantine-file.ts';
import type { LocateRows, ReadingContext, TablePlan, TextFile } from '../reading-plan.ts';
import { chooseType } from '../typing/choose-type.ts';
import type { ColumnRule } from '../typing/column-rules.ts';
import { describeColumns } from '../typing/describe-columns.ts';
import { RowRules } from '../typing/row-rules.ts';
import { CleanCopy, copyGrammar } from './clean-copy.ts';
import { describeDialect, describeTable } from './describe-table.ts';
import { type Footer, findFooter } from './find-footer.ts';
import { mayBeRow } from './leading-rows.ts';
import type { Sample } from './measure-sample.ts';
import { scanTable } from './scan-table.ts';
import { setTablesApart } from './set-tables-apart.ts';
import { mayReadInPlace, type SettledTable } from './settle-table.ts';
import type { TableFindings } from './table-findings.ts';

export interface ScannedTable {
  readonly table: SettledTable;
  readonly names: readonly string[];
  readonly rules: readonly ColumnRule[] | null;
  readonly footer: Footer | null;
  readonly findings: TableFindings;
  readonly quarantinedRows: number;
  /** The file of clean rows, or null: DuckDB reads the original. */
  readonly copy: string | null;
  readonly locate: LocateRows;
}

export interface ScanOptions extends Pick<DialectOverrides, 'skipFooterLines' | 'ragged'> {
  readonly rules: readonly ColumnRule[] | null;
}

/** Reads all rows of a settled table and sets apart those that do not fit. */
export async function scanSettled(
  table: SettledTable,
  { rules, skipFooterLines = 0, ragged }: ScanOptions,
  sample: Pick<Sample, 'buffer'>,
  text: TextFile,
  context: ReadingContext,
): Promise<ScannedTable> {
  const names = columnNames(table.start.names);
  const footer = findFooter(text, skipFooterLines);
  const from = text.bomBytes + table.bodyOffset;
  const shared = {
    file: text.file,
    from,
    fromLine: table.bodyLine,
    to: Math.max(from, footer?.offset ?? text.size),
    headerLineEnd: table.start.header.at(-1)?.lineEnd ?? null,
    grammar: table.grammar,
    columns: table.columns,
    names,
    rules: rules && new RowRules(rules),
    pad: ragged === 'pad',
    comments: table.comments,
    hasInvalidBytes: text.hasInvalidBytes,
    maxRecordBytes: context.limits.recordBytes,
    onProgress: (offset: number) => context.progress('typing', offset, text.size),
  };
  const locate: LocateRows = (wanted, found) =>
    withFile(text.path, async (file) => {
      await scanTable({
        ...shared,
        file,
        quarantine: { add() {} },
        copy: { addText() {}, addRecord() {} },
        onClean: (row, ...at) => {
          if (wanted.has(row)) found(...at);
        },
      });
    });
  rmSync(quarantinePath(context.workDirectory), { force: true });
  const quarantine = new QuarantineWriter(context.workDirectory);
  if (mayReadInPlace(table, text) && !footer) {
    const findings = await scanTable({ ...shared, quarantine, copy: null });
    if (findings) return { table, rules, names, footer, findings, quarantinedRows: 0, copy: null, locate };
  }
  const copyPath = path.join(context.workDirectory, 'rows.csv');
  rmSync(copyPath, { force: true });
  const copy = new CleanCopy(copyPath, table.grammar);
  const { part } = text;
  const before = part ? await setTablesApart(part.chosen, 'before', text, quarantine, context) : 0;
  const above = table.start.preamble.filter(mayBeRow);
  for (const row of above) {
    const at = { line: row.line, byteOffset: text.bomBytes + row.start };
    quarantine.add(at, sample.buffer, row.start, row.textEnd, 'it stands above the table');
  }
  const findings = await scanTable({ ...shared, quarantine, copy });
  const behind = part ? await setTablesApart(part.chosen, 'behind', text, quarantine, context) : 0;
  copy.close();
  quarantine.close();
  if (!findings) throw new Error('a scan that makes a copy asked for one');
  findings.inputRows += before + above.length + behind;
  return { table, rules, names, footer, findings, quarantinedRows: quarantine.rows, copy: copyPath, locate };
}

/** The types of a table's columns, and how DuckDB is to read what fits. */
export function planOf(scanned: ScannedTable, overrides: DialectOverrides, text: TextFile): TablePlan {
  const { table, names, rules, findings, quarantinedRows, copy, locate } = scanned;
  const columns = names.map(
    (name, index): InspectedColumn => ({
      originalName: table.start.names[index]!,
      name,
      ...chooseType(findings.tally, index, 'cells', { rule: rules?.[index], misfits: findings.misfits.of(index) }),
    }),
  );
  const [header] = table.start.header;
  const [, , crlf] = findings.lineEnds;
  return {
    inspection: {
      dialect: describeDialect(table, overrides, findings),
      columns,
      inputRows: findings.inputRows,
      cleanRows: findings.cleanRows,
      quarantinedRows,
      notes: [...describeTable(table, scanned.footer, overrides, findings), ...describeColumns(columns)],
    },
    path: copy ?? text.path,
    rows: {
      path: copy ?? text.path,
      from: copy ? 0 : text.bomBytes + table.bodyOffset,
      grammar: copyGrammar(table.grammar),
      longestRecord: findings.longestRecord,
    },
    locate,
    source: readCsvSource({
      path: copy ?? text.path,
      grammar: copyGrammar(table.grammar),
      columns: table.columns,
      header: !copy && header !== undefined,
      newLine: !copy && crlf > 0 ? null : 'lf',
      longestRecord: Math.max(findings.longestRecord, header ? header.end - header.start : 0),
    }),
    expressions: new Map(
      columns.map(({ name, type, evidence }, index) => [
        name,
        cellExpression(columnAt(index), type, evidence, rules?.[index]),
      ]),
    ),
  };
}
