import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seen, unquotedMasks } from '../csv/grammar.ts';
import { classifyValue } from './classify-value.ts';
import { lexicalClass as is, type LexicalClass } from './lexical-class.ts';

const masks = unquotedMasks({ delimiter: 1, quote: null, backslash: false, skipInitialSpace: false });

function classify(text: string): LexicalClass {
  const bytes = Buffer.from(text);
  const mask = bytes.reduce((all, code) => all | masks[code]!, 0);
  return classifyValue(bytes, 0, bytes.length, mask & ~seen.stop);
}

const examples: readonly (readonly [LexicalClass, ...string[]])[] = [
  [is.null, ''],
  [is.integer, '0', '7', '-7', '123456789012345', '-123456789012345'],
  [is.longInteger, '1234567890123456', '-123456789012345678'],
  [is.hugeInteger, '1234567890123456789', '12345678901234567890123'],
  [is.leadingZero, '007', '00', '-01', '00.5', '01.50'],
  [is.plusSign, '+5', '+1.5'],
  [is.decimal, '0.5', '-0.50', '.5', '5.', '-0', '0.0', '0.000000000000000012', '123456789.012345'],
  [is.longDecimal, '0.1234567890123456', '12345678901234567890.5'],
  [is.exponent, '1e5', '-1.5E-10', '0e0', '1e+299'],
  [is.longExponent, '1e301', '1e-400', '1.2345678901234567e5'],
  [is.notFinite, 'NaN', 'nan', 'inf', '-inf', '-Infinity'],
  [is.boolean, 'true', 'False', 'TRUE'],
  [is.isoDate, '2020-02-29', '0001-01-01', '9999-12-31'],
  [is.yearFirstDate, '2020/02/29', '2020-2-9', '2020.12.31'],
  [is.dayFirstDate, '31/12/2020', '31.12.2020', '13-1-2020'],
  [is.monthFirstDate, '12/31/2020', '2/29/2020'],
  [is.ambiguousDate, '1/2/2020', '12.11.2020'],
  [is.isoTimestamp, '2020-01-01 10:00', '2020-01-01T10:00:59.123456'],
  [
    is.zonedTimestamp,
    '2020-01-01T10:00Z',
    '2020-01-01 10:00:00+02',
    '2020-01-01T10:00:00.5-0330',
    '2020-01-01T10:00:00+05:30',
  ],
  [is.yearFirstTimestamp, '2020/01/01 10:00', '2020-01-01 9:00'],
  [is.dayFirstTimestamp, '31/12/2020 0:00:00'],
  [is.monthFirstTimestamp, '5/19/2006 0:00:00'],
  [is.ambiguousTimestamp, '5/9/2006 13:45'],
  [is.time, '00:00', '23:59:59', '23:59:59.999999'],
  [
    is.uuid,
    '00000000-0000-1000-8000-0000000e0000',
    '550e8400-e29b-41d4-a716-446655440000',
    '550E8400-E29B-41D4-A716-446655440000',
  ],
  [is.json, '{"a":1}', '[1,2]', '{not json, but looked at closer elsewhere'],
  [is.paddedNumber, ' 5', '5.5 '],
  [is.groupedNumber, '1,234', '1,234,567.89', '1,5'],
  [
    is.text,
    ' ',
    'e5',
    '1e',
    '1e5.5',
    '1_000',
    '0x1F',
    '1.2.3',
    '2021-02-29',
    '2020-13-01',
    '0000-01-01',
    '31/31/2020',
    '1/2/20',
    '24:00',
    '23:60',
    '23:59:60',
    '9:30',
    '2020-01-01 10:00:00.1234567',
    '2020-01-01T10:00 Z',
    '2020-01-01 25:00',
    '2020-01-01 10:00+15:00',
    'Nan!',
    'tru',
    'yes',
    'T',
    'none',
    'NAN?',
    '550e8400-e29b-41d4-a716-44665544000g',
    '+31 6 12345678',
    '555-1234',
    '(555) 123-4567',
    '192.168.0.1',
    '€5',
    '５',
    '1e1001',
  ],
  [is.nullSpelling, 'NA', 'n/a', '#N/A', '<NA>', 'NULL', 'null', 'None', '\\N', '?', '-', '--', '.', '..'],
];

for (const [kind, ...texts] of examples) {
  test(`what is spelled like ${texts
    .map((text) => JSON.stringify(text))
    .slice(0, 3)
    .join(', ')} is of class ${nameOf(kind)}`, () => {
    expect(texts.map((text) => [text, nameOf(classify(text))])).toEqual(texts.map((text) => [text, nameOf(kind)]));
  });
}

function nameOf(kind: LexicalClass): string {
  return Object.entries(is).find(([, value]) => value === kind)![0];
}

test('an integer and a short decimal come back from a double as they were', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^-?\d{1,17}$/), (text) => {
      if (classify(text) === is.integer) expect(String(Number(text))).toBe(text);
      if (classify(text) === is.longInteger) expect(BigInt(text).toString()).toBe(text);
    }),
  );
});

test('a date is of a date class exactly if the calendar has it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
      (year, month, day) => {
        const text = [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join(
          '-',
        );
        const date = new Date(`${text}T00:00:00Z`);
        const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
        expect(classify(text) === is.isoDate).toBe(exists);
      },
    ),
  );
});
