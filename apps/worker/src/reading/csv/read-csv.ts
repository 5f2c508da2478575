import type { DialectOverrides } from '../inspection.ts';
import type { ReadingContext, TablePlan, TextFile } from '../reading-plan.ts';
import { columnRules } from '../typing/column-rules.ts';
import { type ChosenTable, chooseTable } from './choose-table.ts';
import { describeTables } from './describe-tables.ts';
import { hasBlocks } from './find-blocks.ts';
import type { Sample } from './measure-sample.ts';
import { planOf, type ScannedTable, scanSettled } from './scan-settled.ts';
import { secondOpinion } from './second-opinion.ts';
import { knownGrammar, type SettledTable, settleTable, takeSample } from './settle-table.ts';
import type { KnownGrammar } from './sniff-grammar.ts';

/** Settles dialect and types of a delimited text and sets apart the rows that do not fit. Throws ReadError. */
export async function readCsv(
  text: TextFile,
  overrides: DialectOverrides,
  context: ReadingContext,
): Promise<TablePlan> {
  context.progress('detecting', 0, text.size);
  const sample = takeSample(text);
  const known = knownGrammar(overrides);
  const mayHoldSeveral = overrides.widths === undefined;
  const isSuspect = mayHoldSeveral && (overrides.table !== undefined || hasBlocks(sample));
  const chosen = isSuspect ? await chooseTable(text, sample, known, overrides, context) : null;
  if (chosen) return readChosen(text, chosen, overrides, known, context);
  const scanned = await readTable(text, sample, overrides, known, context);
  // further down than the sample a blank line may part the table from another
  if (mayHoldSeveral && !sample.atEnd && scanned.findings.blocks > 0) {
    const late = await chooseTable(text, sample, known, overrides, context);
    if (late) return readChosen(text, late, overrides, known, context);
  }
  return planOf(scanned, overrides, text);
}

async function readChosen(
  text: TextFile,
  chosen: ChosenTable,
  overrides: DialectOverrides,
  known: KnownGrammar,
  context: ReadingContext,
): Promise<TablePlan> {
  const section = chosen.sections[chosen.number - 1];
  if (!section) throw new Error('the chosen table is none of the file');
  const isFirst = chosen.number === 1;
  const isLast = chosen.number === chosen.sections.length;
  const part: TextFile = {
    ...text,
    part: { chosen, firstLine: isFirst ? 1 : section.firstLine },
    bomBytes: isFirst ? text.bomBytes : section.offset,
    size: isLast ? text.size : section.end,
  };
  // lines above the first table are not above the others, nor those below the last below them
  const own: DialectOverrides = {
    ...overrides,
    ...(!isFirst && { skipLines: undefined }),
    ...(!isLast && { skipFooterLines: undefined }),
  };
  const scanned = await readTable(part, takeSample(part), own, known, context);
  return describeTables(planOf(scanned, own, part), chosen);
}

async function readTable(
  text: TextFile,
  sample: Sample,
  overrides: DialectOverrides,
  known: KnownGrammar,
  context: ReadingContext,
): Promise<ScannedTable> {
  const table = settleTable(sample, overrides, known, context.limits.columns);
  const optionsFor = ({ start }: SettledTable) => ({ ...overrides, rules: columnRules(start.names, overrides) });
  const scanned = await scanSettled(table, optionsFor(table), sample, text, context);
  const better = secondOpinion(text, sample, overrides, known, context.limits.columns, scanned);
  return better ? scanSettled(better, optionsFor(better), sample, text, context) : scanned;
}
