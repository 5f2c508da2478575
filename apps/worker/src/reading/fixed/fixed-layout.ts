import { byte, type Grammar } from '../csv/grammar.ts';
import type { DialectOverrides } from '../inspection.ts';

/** A column by its characters (Unicode code points), from 0; `end` is not in it any more, and may be Infinity. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

/** Where the fields of a line of fixed width stand. */
export interface FixedLayout {
  /** In the order of the line, and without overlap. */
  readonly slices: readonly Slice[];
  /** What stands outside of the columns makes a line unfit; otherwise it was left out by who named the columns. */
  readonly isWhole: boolean;
}

/** First and last character of each column, from 1; null: to the end of the line. As the option `widths` takes them. */
export type Spans = [first: number, last: number | null][];

/** Commas part the fields of the clean copy. */
export const fixedGrammar = (layout: FixedLayout, comment?: Grammar['comment']): Grammar => ({
  delimiter: byte.comma,
  quote: null,
  backslash: false,
  skipInitialSpace: false,
  comment,
  layout,
});

/** The layout that the user gives: widths cover a line, and single columns may be picked out of it. */
export function layoutOf(widths: NonNullable<DialectOverrides['widths']>): FixedLayout {
  let end = 0;
  let isWhole = true;
  const slices = widths.map((width): Slice => {
    if (Array.isArray(width)) {
      isWhole = false;
      return { start: width[0] - 1, end: width[1] ?? Number.POSITIVE_INFINITY };
    }
    const start = end;
    end += width;
    return { start, end };
  });
  return { slices, isWhole };
}

export const spansOf = ({ slices }: FixedLayout): Spans =>
  slices.map(({ start, end }) => [start + 1, Number.isFinite(end) ? end : null]);
