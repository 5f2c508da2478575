import { readingOptions } from '@granary/domain/reading-options';
import { expect, test } from 'vitest';
import { requireApplicable } from './applicable-options.ts';
import type { DialectOverrides } from './inspection.ts';
import { ReadError } from './read-error.ts';
import { makeWorkbook, rowXml } from './testing/make-workbook.ts';
import { readInProcess } from './testing/read-in-process.ts';

const text = 'a,b\n1,2\n';

test.each<[string, string | Buffer, DialectOverrides, string]>([
  ['a.json', '[{"a":1}]', { hasHeader: true }, 'The option hasHeader does not apply to JSON, which this file is.'],
  [
    'a.jsonl',
    '{"a":1}\n{"a":2}\n',
    { comment: '#', ragged: 'pad' },
    'The options comment and ragged do not apply to JSON Lines, which this file is.',
  ],
  ['a.csv', text, { sheet: 'x' }, 'The option sheet does not apply to delimited text, which this file is.'],
  ['a.csv', text, { path: '/a' }, 'The option path does not apply to delimited text, which this file is.'],
  [
    'a.csv',
    text,
    { widths: [1, 2], delimiter: ',' },
    'The option delimiter does not apply to a file of fixed width, which this file is.',
  ],
  [
    'a.csv',
    text,
    { entry: 'x' },
    'The option entry does not apply: the file is no ZIP archive that one could be taken from.',
  ],
  [
    'a.xlsx',
    makeWorkbook([{ name: 's', rows: rowXml(1, ['a', 'b']) + rowXml(2, [1, 2]) }]),
    { comment: '#' },
    'The option comment does not apply to an Excel workbook, which this file is.',
  ],
])('an option that says nothing of %s ends the load, and is named', async (name, bytes, overrides, message) => {
  await expect(readInProcess(name, bytes, overrides)).rejects.toMatchObject({ kind: 'bad_options', message });
});

test('every option applies to some format, and to Parquet only those that say something of columns', () => {
  const formats = ['csv', 'fixed', 'json', 'jsonl', 'parquet', 'xlsx'] as const;
  const appliesTo = (option: string) =>
    formats.filter((format) => {
      try {
        requireApplicable(format, { [option]: 'anything' });
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(ReadError);
        return false;
      }
    });
  const options = Object.keys(readingOptions.shape).filter((option) => option !== 'keepOriginal');
  for (const option of options) expect([option, appliesTo(option).length]).not.toEqual([option, 0]);
  expect(options.filter((option) => appliesTo(option).includes('parquet'))).toEqual([
    'types',
    'columns',
    'nullValues',
    'dateOrder',
    'decimalSeparator',
    'entry',
  ]);
});

test('an option that does not exist is refused by name, also in what is said of one column', () => {
  expect(readingOptions.safeParse({ delimeter: ';' }).error?.message).toContain('delimeter');
  expect(readingOptions.safeParse({ columns: { a: { nullValue: [] } } }).error?.message).toContain('nullValue');
});
