import type { DialectOverrides } from '../inspection.ts';
import type { ReadingContext, TablePlan, TextFile } from '../reading-plan.ts';
import { columnRules } from '../typing/column-rules.ts';
import { planOf, scanSettled } from './scan-settled.ts';
import { secondOpinion } from './second-opinion.ts';
import { knownGrammar, type SettledTable, settleTable, takeSample } from './settle-table.ts';

/** Settles dialect and types of a delimited text and sets apart the rows that do not fit. Throws ReadError. */
export async function readCsv(
  text: TextFile,
  overrides: DialectOverrides,
  context: ReadingContext,
): Promise<TablePlan> {
  context.progress('detecting', 0, text.size);
  const sample = takeSample(text);
  const known = knownGrammar(overrides);
  const table = settleTable(sample, overrides, known, context.limits.columns);
  const optionsFor = ({ start }: SettledTable) => ({ ...overrides, rules: columnRules(start.names, overrides) });
  let scanned = await scanSettled(table, optionsFor(table), sample, text, context);
  const better = secondOpinion(text, sample, overrides, known, context.limits.columns, scanned);
  if (better) scanned = await scanSettled(better, optionsFor(better), sample, text, context);
  return planOf(scanned, overrides, text);
}
