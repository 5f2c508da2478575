import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCsv } from './parse-csv.ts';

test('fields may hold commas, quotes and line ends', () => {
  expect(parseCsv('a,b\r\n"1,5","say ""no"""\n"two\nlines",\n')).toEqual([
    ['a', 'b'],
    ['1,5', 'say "no"'],
    ['two\nlines', ''],
  ]);
});

test('the last line need not end, and an empty one is no record', () => {
  expect(parseCsv('a\n\n1')).toEqual([['a'], ['1']]);
  expect(parseCsv('')).toEqual([]);
});

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;

test('whatever is quoted by the rules comes back', () => {
  const records = fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 5 }));
  fc.assert(
    fc.property(records, fc.constantFrom('\n', '\r\n'), (expected, end) => {
      const text = expected.map((record) => record.map(quoted).join(',') + end).join('');
      expect(parseCsv(text)).toEqual(expected);
    }),
  );
});
