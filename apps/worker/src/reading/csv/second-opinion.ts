import { ByteWindow } from '../input/byte-window.ts';
import type { DialectOverrides } from '../inspection.ts';
import type { TextFile } from '../reading-plan.ts';
import type { Grammar } from './grammar.ts';
import { measureSample, type Sample } from './measure-sample.ts';
import { type SettledTable, settleTable } from './settle-table.ts';
import type { KnownGrammar } from './sniff-grammar.ts';
import type { TableFindings } from './table-findings.ts';

/**
 * The dialect was settled from the beginning of the file. Where the whole file speaks against it, another one is proposed:
 * quotes that first come up later and are escaped otherwise, or a width that most rows turn out to have. Null: it stands.
 */
export function secondOpinion(
  text: TextFile,
  sample: Sample,
  overrides: DialectOverrides,
  known: KnownGrammar,
  maxColumns: number,
  { table, findings }: { table: SettledTable; findings: TableFindings },
): SettledTable | null {
  if (table.grammar.layout) return null;
  const quoting =
    findings.badQuotes > 0 && known.quote === undefined ? betterQuoting(text, sample, table, findings) : null;
  const width = betterWidth(findings);
  if (!quoting && width === null) return null;
  const { delimiter, quote, backslash } = quoting ?? table.grammar;
  return settleTable(sample, overrides, { ...known, delimiter, quote, backslash }, maxColumns, width ?? table.columns);
}

/** A quoting without fault both at the beginning and where the first fault was found. */
function betterQuoting(
  text: TextFile,
  sample: Sample,
  { grammar, columns }: SettledTable,
  findings: TableFindings,
): Grammar | null {
  const window = new ByteWindow(text.file, findings.firstBadQuote);
  window.advance(0);
  const parts = [window, sample];
  const faultless = (option: Grammar) =>
    parts.every((part) => {
      const { badQuotes, width, fit } = measureSample(part, option);
      return badQuotes === 0 && width === columns && fit >= measureSample(part, grammar).fit;
    });
  const other: Grammar = { ...grammar, backslash: !grammar.backslash };
  if (faultless(other)) return other;
  // quotes are ordinary characters only if no field is properly quoted
  const unquoted: Grammar = { ...grammar, quote: null, backslash: false };
  const quoted = parts.reduce((sum, part) => sum + measureSample(part, grammar).quotedFields, 0);
  return quoted === 0 && faultless(unquoted) ? unquoted : null;
}

/** In a handful of rows every width is an accident. */
const enoughRecords = 20;

/** A number of fields that far more records have than the expected one. */
function betterWidth({ widths, cleanRows, misfits }: TableFindings): number | null {
  const expected = cleanRows + misfits.rows;
  const [width, records] = [...widths].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0]);
  return width > 1 && records > enoughRecords && records > 2 * expected ? width : null;
}
