import { rmSync } from 'node:fs';
import path from 'node:path';
import { columnNames } from '../column-names.ts';
import { cellExpression, columnAt, readCsvSource } from '../duck/copy-sql.ts';
import type { DialectOverrides, InspectedColumn } from '../inspection.ts';
import { QuarantineWriter, quarantinePath } from '../quarantine-file.ts';
import type { ReadingContext, ReadingPlan, TextFile } from '../reading-plan.ts';
import { chooseType } from '../typing/choose-type.ts';
import { CleanCopy, copyGrammar } from './clean-copy.ts';
import { describeDialect, describeTable } from './describe-table.ts';
import { mayBeRow } from './leading-rows.ts';
import type { Sample } from './measure-sample.ts';
import { scanTable } from './scan-table.ts';
import { secondOpinion } from './second-opinion.ts';
import { knownGrammar, mayReadInPlace, type SettledTable, settleTable, takeSample } from './settle-table.ts';
import type { TableFindings } from './table-findings.ts';

interface ScannedTable {
  readonly table: SettledTable;
  readonly findings: TableFindings;
  readonly quarantinedRows: number;
  /** The file of clean rows, or null: DuckDB reads the original. */
  readonly copy: string | null;
}

/** Everything about a file but what it was packed and encoded in. */
export type TablePlan = Omit<ReadingPlan, 'inspection'> & {
  readonly inspection: Omit<ReadingPlan['inspection'], 'format' | 'container' | 'encoding' | 'bom' | 'offsetsIn'>;
};

/** Settles dialect and types of a delimited text and sets apart the rows that do not fit. Throws ReadError. */
export async function readCsv(
  text: TextFile,
  overrides: DialectOverrides,
  context: ReadingContext,
): Promise<TablePlan> {
  context.progress('detecting', 0, text.size);
  const sample = takeSample(text);
  const known = knownGrammar(overrides);
  let scanned = await scan(settleTable(sample, overrides, known, context.limits.columns), sample, text, context);
  const better = secondOpinion(text, sample, overrides, known, context.limits.columns, scanned);
  if (better) scanned = await scan(better, sample, text, context);
  return planOf(scanned, text);
}

async function scan(
  table: SettledTable,
  sample: Sample,
  text: TextFile,
  context: ReadingContext,
): Promise<ScannedTable> {
  const shared = {
    file: text.file,
    from: text.bomBytes + table.bodyOffset,
    fromLine: table.bodyLine,
    headerLineEnd: table.start.header?.lineEnd ?? null,
    grammar: table.grammar,
    columns: table.columns,
    comments: table.comments,
    hasInvalidBytes: text.hasInvalidBytes,
    maxRecordBytes: context.limits.recordBytes,
    onProgress: (offset: number) => context.progress('typing', offset, text.size),
  };
  rmSync(quarantinePath(context.workDirectory), { force: true });
  const quarantine = new QuarantineWriter(context.workDirectory);
  if (mayReadInPlace(table, text)) {
    const findings = await scanTable({ ...shared, quarantine, copy: null });
    if (findings) return { table, findings, quarantinedRows: 0, copy: null };
  }
  const copyPath = path.join(context.workDirectory, 'rows.csv');
  rmSync(copyPath, { force: true });
  const copy = new CleanCopy(copyPath, table.grammar);
  const above = table.start.preamble.filter(mayBeRow);
  for (const row of above) {
    const at = { line: row.line, byteOffset: text.bomBytes + row.start };
    quarantine.add(at, sample.buffer, row.start, row.textEnd, 'it stands above the table');
  }
  const findings = await scanTable({ ...shared, quarantine, copy });
  copy.close();
  quarantine.close();
  if (!findings) throw new Error('a scan that makes a copy asked for one');
  findings.inputRows += above.length;
  return { table, findings, quarantinedRows: quarantine.rows, copy: copyPath };
}

function planOf({ table, findings, quarantinedRows, copy }: ScannedTable, text: TextFile): TablePlan {
  const names = columnNames(table.start.names);
  const columns = names.map(
    (name, index): InspectedColumn => ({
      originalName: table.start.names[index]!,
      name,
      ...chooseType(findings.tally, index, 'cells'),
    }),
  );
  const header = table.start.header;
  const [, , crlf] = findings.lineEnds;
  return {
    inspection: {
      dialect: describeDialect(table, findings),
      columns,
      inputRows: findings.inputRows,
      cleanRows: findings.cleanRows,
      quarantinedRows,
      notes: describeTable(table, findings),
    },
    path: copy ?? text.path,
    rows: {
      path: copy ?? text.path,
      from: copy ? 0 : text.bomBytes + table.bodyOffset,
      grammar: copyGrammar(table.grammar),
      longestRecord: findings.longestRecord,
    },
    source: readCsvSource({
      path: copy ?? text.path,
      grammar: copyGrammar(table.grammar),
      columns: table.columns,
      header: !copy && header !== null,
      newLine: !copy && crlf > 0 ? null : 'lf',
      longestRecord: Math.max(findings.longestRecord, header ? header.end - header.start : 0),
    }),
    expressions: new Map(
      columns.map(({ name, type, evidence }, index) => [name, cellExpression(columnAt(index), type, evidence)]),
    ),
  };
}
