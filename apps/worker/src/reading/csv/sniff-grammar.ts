import type { Buffer } from 'node:buffer';
import { byte, type Grammar } from './grammar.ts';
import { type Measure, measureSample, type Sample } from './measure-sample.ts';

/** In order of preference where two explain a text equally well. */
const delimiters = [...',\t;|^~\x1f\x01'].map((character) => character.charCodeAt(0));

/** What the user already said. */
export interface KnownGrammar {
  readonly delimiter?: number;
  readonly quote?: number | null;
  readonly backslash?: boolean;
  readonly skipInitialSpace?: boolean;
  readonly comment?: Buffer;
}

/**
 * The share of records of one width from which on a text is a table: sentences often have one comma, but hardly ever seven.
 * Few records are given more doubt.
 */
const enoughFit = (width: number) => (width >= 8 ? 0.4 : width >= 4 ? 0.5 : width === 3 ? 0.65 : 0.75);
const enoughFitOfFew = 0.5;
const few = 12;
const nearlyAll = 0.9;

/**
 * The grammar that explains the sample best, after an idea of van den Burg, Nazábal and Sutton ("Wrangling messy CSV
 * files by detecting row and type patterns", 2019): records of equal width, and cells that look like values.
 * One column if no delimiter does.
 */
export function sniffGrammar(sample: Sample, from: number, known: KnownGrammar = {}): Measure {
  const tried =
    known.delimiter === undefined ? delimiters.filter((code) => occurs(sample, from, code)) : [known.delimiter];
  const measures = tried.flatMap((delimiter) => measureQuotings(sample, from, delimiter, known));
  const tables = measures.filter((measure) => isTable(measure) || known.delimiter !== undefined);
  const [best] = tables.sort((a, b) => score(b) - score(a));
  if (best) return best;
  const [oneColumn] = measureQuotings(sample, from, byte.comma, known)
    .filter(({ width }) => width <= 1)
    .sort((a, b) => score(b) - score(a));
  // a delimiter that the text does not hold, so that each line is one field
  return (
    oneColumn ??
    measureSample(
      sample,
      { ...plain(absentDelimiter(sample, from)), quote: known.quote ?? byte.quote, comment: known.comment },
      from,
    )
  );
}

const plain = (delimiter: number): Grammar => ({
  delimiter,
  quote: byte.quote,
  backslash: false,
  skipInitialSpace: false,
});

function measureQuotings(sample: Sample, from: number, delimiter: number, known: KnownGrammar): Measure[] {
  const doubled: Grammar = {
    ...plain(delimiter),
    quote: known.quote === undefined ? byte.quote : known.quote,
    backslash: known.backslash ?? false,
    skipInitialSpace: known.skipInitialSpace ?? false,
    comment: known.comment,
  };
  const first = measureSample(sample, doubled, from);
  const grammars: Grammar[] = [];
  if (known.quote === undefined && known.backslash === undefined) {
    if (first.badQuotes > 0 && occurs(sample, from, byte.backslash)) grammars.push({ ...doubled, backslash: true });
    // where some fields are properly quoted, the others are faults rather than a taste
    if (first.badQuotes > first.quotedFields) grammars.push({ ...doubled, quote: null });
    if (occurs(sample, from, byte.apostrophe)) grammars.push({ ...doubled, quote: byte.apostrophe });
  }
  const measures = [first, ...grammars.map((grammar) => measureSample(sample, grammar, from))];
  if (known.skipInitialSpace !== undefined) return measures;
  return measures.flatMap((measure) => [measure, ...skippingBlanks(sample, from, measure)]);
}

/** Blanks are dropped only where nearly every delimiter has one, or where the text makes no sense with them. */
function skippingBlanks(sample: Sample, from: number, measure: Measure): Measure[] {
  if (measure.blankAfterDelimiter === 0) return [];
  const skipping = measureSample(sample, { ...measure.grammar, skipInitialSpace: true }, from);
  const isBetter = skipping.fit > measure.fit || skipping.badQuotes < measure.badQuotes;
  return measure.blankAfterDelimiter > nearlyAll || isBetter ? [skipping] : [];
}

function isTable({ records, width, fit, blankAfterDelimiter, grammar }: Measure): boolean {
  if (width < 2) return false;
  if (fit >= enoughFit(width)) return true;
  // prose has blanks after its commas
  return records < few && fit >= enoughFitOfFew && blankAfterDelimiter < 0.5 && !grammar.skipInitialSpace;
}

/** From 0 to about 1. */
function score({
  records,
  width,
  fit,
  firstWidth,
  badQuotes,
  quotedFields,
  typed,
  blankAfterDelimiter,
  grammar,
}: Measure): number {
  const good = records === 0 ? 0 : 1 - badQuotes / records;
  const widthBonus = 1 - 0.5 / Math.max(width, 1);
  const firstBonus = firstWidth === width ? 1 : 0.9;
  // a quoting other than the usual one must explain something, and so must blanks that are skipped
  const usual =
    grammar.quote === byte.quote ? 1 : grammar.quote === null ? 0.9 : quotedFields > 2 * records ** 0.5 ? 0.99 : 0.8;
  const backslash = grammar.backslash ? 0.97 : 1;
  const skipping = grammar.skipInitialSpace ? 0.98 : 1 - 0.1 * (blankAfterDelimiter > nearlyAll ? 1 : 0);
  return fit ** 3 * good ** 2 * widthBonus * firstBonus * usual * backslash * skipping * (0.5 + 0.5 * typed);
}

function occurs({ buffer, limit }: Sample, from: number, code: number): boolean {
  return buffer.subarray(from, limit).includes(code);
}

function absentDelimiter(sample: Sample, from: number): number {
  return delimiters.find((code) => !occurs(sample, from, code)) ?? 0x1e;
}
