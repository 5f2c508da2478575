import type { ColumnType } from '@granary/domain/column-types';
import type { ColumnEvidence } from '../inspection.ts';
import type { ColumnRule } from './column-rules.ts';
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

/** What is known of a column beside its values. */
export interface ColumnSaid {
  readonly rule?: ColumnRule | undefined;
  /** Rows set apart because a value in it does not fit the type that the user gave. */
  readonly misfits?: { readonly rows: number; readonly line: number } | null | undefined;
}

/**
 * The type of a column: the user's, or the first that **every** value fits, in a spelling that Postgres reads or that is
 * rewritten exactly; text otherwise. Spellings of nothing count as values unless the user says that they are NULL, or they
 * alone keep the column from a type. `source`: whether the values are JSON's own or the cells of a text file.
 */
export function chooseType(
  tally: ColumnTally,
  column: number,
  source: 'cells' | 'json',
  { rule, misfits: unfit }: ColumnSaid = {},
): TypedColumn {
  const count = (kinds: readonly LexicalClass[]) =>
    kinds.reduce<number>((sum, kind) => sum + tally.count(column, kind), 0);
  const spelledNulls = tally.count(column, is.nullSpelling);
  const spelled = count(valueClasses);
  const real = spelled - spelledNulls;
  const options = candidatesFor(source, rule);
  const measured = options.map((candidate) => ({
    candidate,
    fits: Math.min(real, count(candidate.classes)),
    possible: !candidate.needs || count(candidate.needs) > 0,
  }));
  const full = measured.find(({ fits, possible }) => real > 0 && possible && fits === real)?.candidate;
  const forced = rule?.type ?? null;
  const areTold = rule != null && rule.nullValues !== null;
  // null is a value of JSON
  const areNull = areTold || (forced === null ? full !== undefined && full.type !== 'jsonb' : forced !== 'text');
  const values = areNull ? real : spelled;
  const best = areNull || spelledNulls === 0 ? full : undefined;

  const fits: ColumnEvidence['fits'] = {};
  for (const { candidate, fits: fitting, possible } of measured) {
    if (fitting > 0 && possible) fits[candidate.type] = Math.max(fits[candidate.type] ?? 0, fitting);
  }
  if (forced !== null) fits[forced] = values;
  fits.text = values;
  const common = {
    values,
    nulls: tally.count(column, is.null) + (areNull ? spelledNulls : 0),
    nullSpellings: tally.nullSpellings(column).map((spelling) => ({ ...spelling, applied: areNull })),
    emptyStrings: tally.count(column, is.emptyString),
    fits,
  };
  const spelling = best?.spelling ?? null;
  if (forced !== null) {
    return {
      type: forced,
      evidence: { ...common, misfits: [], spelling: null, reason: reasonForForced(forced, best, unfit) },
    };
  }
  if (best) {
    const nulls =
      areNull && spelledNulls > 0 ? ` but ${spelledNulls} that ${spelledNulls === 1 ? 'is' : 'are'} read as NULL` : '';
    const reason = `every value${nulls} fits ${best.type}${spelling ? ` (written ${spelling})` : ''}`;
    return { type: best.type, evidence: { ...common, misfits: [], spelling, reason } };
  }
  const [near] = measured.filter(({ possible }) => possible).sort((a, b) => b.fits - a.fits);
  const misfits = near && near.fits * 2 >= values && values > 0 ? misfitsOf(tally, column, near.candidate) : [];
  const reason = reasonForText(tally, column, values, near?.fits ?? 0, misfits);
  return { type: 'text', evidence: { ...common, misfits, spelling: null, reason } };
}

/** A date order that the user gave decides what nothing in the column does, and rules out the other. */
function candidatesFor(source: 'cells' | 'json', rule: ColumnRule | undefined): readonly Candidate[] {
  const options = source === 'json' ? jsonCandidates : candidates;
  const order = rule?.dateOrder ?? null;
  if (order === null) return options;
  return options
    .filter(({ spelling }) => spelling === undefined || spelling === isoFirst || spelling === order)
    .map((option) => (option.spelling === order ? withoutNeeds(option) : option));
}

const withoutNeeds = ({ needs: _, ...option }: Candidate): Candidate => option;

function reasonForForced(type: ColumnType, best: Candidate | undefined, unfit: ColumnSaid['misfits']): string {
  const own = best?.type ?? 'text';
  const alone = own === type ? 'so do the values' : `by the values alone it would be ${own}`;
  const apart = unfit
    ? `; ${unfit.rows} ${unfit.rows === 1 ? 'row' : 'rows'} with another value in it ${unfit.rows === 1 ? 'is' : 'are'} in quarantine, the first on line ${unfit.line}`
    : '';
  return `you say that it is ${type}, and ${alone}${apart}`;
}

function misfitsOf(tally: ColumnTally, column: number, { type, classes }: Candidate): ColumnEvidence['misfits'] {
  return (
    valueClasses
      // a spelling of nothing is not what keeps a column from its type
      .filter((kind) => !classes.includes(kind) && kind !== is.nullSpelling)
      .flatMap((kind) => {
        const example = tally.example(column, kind);
        return example ? [{ type, value: example.value, line: example.line, what: classNames[kind] }] : [];
      })
      .sort((a, b) => a.line - b.line)
      .slice(0, maxMisfits)
  );
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
