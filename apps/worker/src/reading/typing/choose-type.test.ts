import { Buffer } from 'node:buffer';
import type { ColumnType } from '@granary/domain/column-types';
import { expect, test } from 'vitest';
import { byte } from '../csv/grammar.ts';
import { RecordReader } from '../csv/record-reader.ts';
import { chooseType, type TypedColumn } from './choose-type.ts';
import { ColumnTally } from './column-tally.ts';

/** The type of a column with these cells; a cell in quotes is a quoted one. */
function typeOf(...cells: string[]): TypedColumn {
  const tally = new ColumnTally(1);
  const reader = new RecordReader(
    { delimiter: byte.tab, quote: byte.quote, backslash: false, skipInitialSpace: false },
    1,
  );
  for (const [index, cell] of cells.entries()) {
    const bytes = Buffer.from(`${cell}\n`);
    reader.read(bytes, 0, bytes.length - 1, true);
    tally.addRecord(reader, bytes, index + 2);
  }
  return chooseType(tally, 0, 'cells');
}

const examples: readonly (readonly [ColumnType, string, ...string[]])[] = [
  ['boolean', 'true and false in any case', 'true', 'FALSE', 'True', ''],
  ['bigint', 'whole numbers', '1', '-5', '0', '123456789012345678', ''],
  ['bigint', 'quoted numbers, and empty strings among them', '"1"', '""', '2'],
  ['double precision', 'decimals and whole numbers', '1', '2.5', '-1e10'],
  ['double precision', 'numbers that are missing as NaN', '1', '2.5', 'NaN'],
  ['numeric', 'decimals that a double would change', '1', '0.1234567890123456'],
  ['numeric', 'long whole numbers among decimals', '1234567890123456', '0.5'],
  ['date', 'ISO dates', '2020-01-31', ''],
  ['date', 'dates whose year comes first', '2020/01/31', '2020-02-01'],
  ['date', 'a day first that one value decides', '01/02/2020', '31/12/2020'],
  ['date', 'a month first that one value decides', '01/02/2020', '12/31/2020'],
  ['time', 'times of day', '10:00', '23:59:59.5'],
  ['timestamp', 'dates with times', '2020-01-01 10:00', '2020-01-01T10:00:00.123456'],
  ['timestamp', 'American dates with times', '5/19/2006 0:00:00', '1/2/2006 13:05:59'],
  ['timestamptz', 'dates with times and zones', '2020-01-01T10:00Z', '2020-01-01 10:00:00+02:00'],
  ['uuid', 'UUIDs', '550e8400-e29b-41d4-a716-446655440000'],
  ['jsonb', 'objects and arrays', '"{""a"": 1}"', '[1,2]'],
  ['text', 'nothing at all', '', ''],
  ['text', 'numbers of which one has a leading zero', '100', '007'],
  ['text', 'identifiers of more than 18 digits', '1234567890123456789', '1'],
  ['text', 'numbers with a plus sign', '+31612345678', '31612345678'],
  ['text', 'mixed values', '1', 'unknown'],
  ['bigint', 'numbers, and well-known spellings of nothing', '1', 'NA', '?', '"-"'],
  ['text', 'spellings of nothing alone', 'NA', 'NA'],
  ['text', 'text, and spellings of nothing', 'x', 'NA'],
  ['text', 'JSON and null, which is JSON too', '"{""a"":1}"', 'null'],
  ['text', 'dates in which day and month cannot be told apart', '01/02/2020', '03/04/2020'],
  ['text', 'dates of which some are day first and some month first', '13/02/2020', '02/13/2020'],
  ['text', 'times with and without zone', '2020-01-01 10:00', '2020-01-01T10:00Z'],
  ['text', 'nothing but NaN', 'NaN', 'nan'],
  ['text', 'one letter that could mean false', 'F', 'F'],
  ['text', 'JSON that jsonb would not give back whole', '"{""a"":1,""a"":2}"'],
  ['text', 'text that begins like JSON', '"{""a"":1}"', '{oops}'],
];

for (const [type, what, ...cells] of examples) {
  test(`a column of ${what} is ${type}`, () => expect(typeOf(...cells).type).toBe(type));
}

test('evidence counts what fits which type, and shows the first values that do not', () => {
  const { type, evidence } = typeOf('1', '2', '', '""', 'n/a', '3.5', '4', 'none');
  expect(type).toBe('text');
  expect(evidence).toMatchObject({
    values: 6,
    nulls: 1,
    emptyStrings: 1,
    fits: { bigint: 3, 'double precision': 4, numeric: 4, text: 6 },
    nullSpellings: [{ value: 'n/a', count: 1, line: 6, applied: false }],
    misfits: [{ type: 'double precision', value: 'none', line: 9, what: 'text' }],
    reason: '4 of 6 values fit double precision; line 9 has text',
  });
});

test('a column that stays text because of its dates says so', () => {
  expect(typeOf('01/02/2020').evidence.reason).toBe(
    'every value is a date in which day and month cannot be told apart',
  );
  expect(typeOf('31/12/2020').evidence.spelling).toBe('day-month-year');
});

test('spellings of nothing that alone keep a column from its type are NULL, and reported', () => {
  const { type, evidence } = typeOf('1', 'NA', '', '?', 'NA');
  expect(type).toBe('bigint');
  expect(evidence).toMatchObject({
    values: 1,
    nulls: 4,
    nullSpellings: [
      { value: 'NA', count: 2, line: 3, applied: true },
      { value: '?', count: 1, line: 5, applied: true },
    ],
    reason: 'every value but 3 that are read as NULL fits bigint',
  });
});

test.each([
  [
    ['2020-01-01 10:00', '2020-01-01T10:00Z', '2020-01-02 11:00'],
    '2 of 3 values fit timestamp; line 3 has a date with time and zone',
  ],
  [['1234567890123456789', '1234567890123456780'], 'every value is a number of more than 18 digits'],
  [['+31612345678', '+31687654321'], 'every value is a number with a plus sign'],
  [['0612345678', '0687654321'], 'every value is a number with leading zeros'],
  [['1', 'yes', '2'], '2 of 3 values fit bigint; line 3 has text'],
])('a column of %j stays text and says why', (cells, reason) => {
  expect(typeOf(...cells)).toMatchObject({ type: 'text', evidence: { reason } });
});
