import type { ColumnType } from '@granary/domain/column-types';
import type { ColumnEvidence } from '../inspection.ts';
import type { ColumnTally } from './column-tally.ts';
import { classNames, lexicalClass as is, type LexicalClass } from './lexical-class.ts';

export interface TypedColumn {
  readonly type: ColumnType;
  readonly evidence: ColumnEvidence;
}

/** A type, and the spellings of it that may stand in one column. */
interface Candidate {
  readonly type: ColumnType;
  readonly classes: readonly LexicalClass[];
  /** At least one value must be of these: NaN alone makes no number, 03/04/2020 alone no date. */
  readonly needs?: readonly LexicalClass[];
  readonly spelling?: ColumnEvidence['spelling'];
}

const finite: readonly LexicalClass[] = [is.integer, is.decimal, is.exponent];
const isoFirst = 'year-month-day';
const dayFirst = 'day-month-year';
const monthFirst = 'month-day-year';

/** In order of preference: the first that takes every value of a column is its type. */
const candidates: readonly Candidate[] = [
  { type: 'boolean', classes: [is.boolean] },
  { type: 'bigint', classes: [is.integer, is.longInteger] },
  { type: 'double precision', classes: [...finite, is.notFinite], needs: finite },
  {
    type: 'numeric',
    classes: [...finite, is.longInteger, is.longDecimal, is.longExponent, is.notFinite],
    needs: [...finite, is.longInteger, is.longDecimal, is.longExponent],
  },
  { type: 'date', classes: [is.isoDate] },
  { type: 'date', classes: [is.isoDate, is.yearFirstDate], spelling: isoFirst },
  { type: 'date', classes: [is.dayFirstDate, is.ambiguousDate], needs: [is.dayFirstDate], spelling: dayFirst },
  { type: 'date', classes: [is.monthFirstDate, is.ambiguousDate], needs: [is.monthFirstDate], spelling: monthFirst },
  { type: 'time', classes: [is.time] },
  { type: 'timestamp', classes: [is.isoTimestamp] },
  { type: 'timestamp', classes: [is.isoTimestamp, is.yearFirstTimestamp], spelling: isoFirst },
  {
    type: 'timestamp',
    classes: [is.dayFirstTimestamp, is.ambiguousTimestamp],
    needs: [is.dayFirstTimestamp],
    spelling: dayFirst,
  },
  {
    type: 'timestamp',
    classes: [is.monthFirstTimestamp, is.ambiguousTimestamp],
    needs: [is.monthFirstTimestamp],
    spelling: monthFirst,
  },
  { type: 'timestamptz', classes: [is.zonedTimestamp] },
  { type: 'uuid', classes: [is.uuid] },
  { type: 'jsonb', classes: [is.json] },
];

/** In a JSON file a long number is a number, for an identifier would be a string; and jsonb takes any value. */
const jsonCandidates: readonly Candidate[] = candidates.map((candidate) => {
  switch (candidate.type) {
    case 'numeric':
      return {
        ...candidate,
        classes: [...candidate.classes, is.hugeInteger],
        needs: [...(candidate.needs ?? []), is.hugeInteger],
      };
    case 'jsonb': {
      const any: readonly LexicalClass[] = Object.values(is).filter(
        (kind) => kind !== is.null && kind !== is.unsafeJson,
      );
      return { type: 'jsonb', classes: any, needs: [is.json] };
    }
    default:
      return candidate;
  }
});

const valueClasses: readonly LexicalClass[] = Object.values(is).filter(
  (kind) => kind !== is.null && kind !== is.emptyString,
);
const maxMisfits = 5;

/**
 * The type of a column: the first that **every** value fits, in a spelling that Postgres reads or that is rewritten
 * exactly; text otherwise. `source`: whether the values are JSON's own or the cells of a text file.
 */
export function chooseType(tally: ColumnTally, column: number, source: 'cells' | 'json'): TypedColumn {
  const count = (kinds: readonly LexicalClass[]) =>
    kinds.reduce<number>((sum, kind) => sum + tally.count(column, kind), 0);
  const values = count(valueClasses);
  const options = source === 'json' ? jsonCandidates : candidates;
  const measured = options.map((candidate) => ({
    candidate,
    fits: Math.min(values, count(candidate.classes)),
    possible: !candidate.needs || count(candidate.needs) > 0,
  }));
  const best = measured.find(({ fits, possible }) => values > 0 && possible && fits === values)?.candidate;

  const fits: ColumnEvidence['fits'] = {};
  for (const { candidate, fits: fitting, possible } of measured) {
    if (fitting > 0 && possible) fits[candidate.type] = Math.max(fits[candidate.type] ?? 0, fitting);
  }
  fits.text = values;
  const common = {
    values,
    nulls: tally.count(column, is.null),
    emptyStrings: tally.count(column, is.emptyString),
    fits,
  };
  if (best) {
    const spelling = best.spelling ?? null;
    const reason = `every value fits ${best.type}${spelling ? ` (written ${spelling})` : ''}`;
    return { type: best.type, evidence: { ...common, misfits: [], spelling, reason } };
  }
  const [near] = measured.filter(({ possible }) => possible).sort((a, b) => b.fits - a.fits);
  const misfits = near && near.fits * 2 >= values && values > 0 ? misfitsOf(tally, column, near.candidate) : [];
  const reason = reasonForText(tally, column, values, near?.fits ?? 0, misfits);
  return { type: 'text', evidence: { ...common, misfits, spelling: null, reason } };
}

function misfitsOf(tally: ColumnTally, column: number, { type, classes }: Candidate): ColumnEvidence['misfits'] {
  return valueClasses
    .filter((kind) => !classes.includes(kind))
    .flatMap((kind) => {
      const example = tally.example(column, kind);
      return example ? [{ type, value: example.value, line: example.line, what: classNames[kind] }] : [];
    })
    .sort((a, b) => a.line - b.line)
    .slice(0, maxMisfits);
}

function reasonForText(
  tally: ColumnTally,
  column: number,
  values: number,
  fitting: number,
  misfits: ColumnEvidence['misfits'],
): string {
  if (values === 0) return 'there are no values';
  const [first] = misfits;
  if (first) return `${fitting} of ${values} values fit ${first.type}; line ${first.line} has ${first.what}`;
  const only = valueClasses.filter((kind) => tally.count(column, kind) > 0);
  return only.length === 1 && only[0] !== is.text ? `every value is ${classNames[only[0]!]}` : 'the values are text';
}
