import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEditedRows } from './corrections-file.ts';
import { findCorrections } from './find-corrections.ts';

const csvOf = (rows: readonly (readonly string[])[], delimiter: string) =>
  rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter)).join('\r\n');
const header = ['version', 'number', 'revision', 'raw', 'correction'];
const kept = { ignoreRevisions: false };

test('what comes back as it went out is no correction, whatever is in it and however it is saved', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ raw: fc.string(), correction: fc.option(fc.string({ minLength: 1 })) }), { minLength: 1 }),
      fc.constantFrom(',', ';', '\t'),
      fc.boolean(),
      (rows, delimiter, disarmed) => {
        const out = (text: string) => (disarmed && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
        const lines = rows.map(({ raw, correction }, index) => [
          '1',
          String(index + 1),
          '0',
          out(raw),
          out(correction ?? ''),
        ]);
        const csv = readEditedRows(`\ufeff${csvOf([header, ...lines], delimiter)}`, 'q.csv');
        const json = readEditedRows(
          rows.map(({ raw, correction }, index) => JSON.stringify({ number: index + 1, raw, correction })).join('\n'),
          'q.jsonl',
        );
        const present = new Map(rows.map((row, index) => [index + 1, row]));
        for (const edited of [csv, json]) {
          expect(edited).toHaveLength(rows.length);
          expect(findCorrections(edited, present, kept)).toEqual({ corrections: [], gone: 0 });
        }
      },
    ),
  );
});

test('an edited raw text or a filled correction is one, with the revision that was seen; an emptied one is taken back', () => {
  const rows = readEditedRows(
    csvOf(
      [
        header,
        ['1', '1', '0', '3;Cy', ''],
        ['1', '2', '4', '4', '4;Di'],
        ['1', '3', '2', '5', ''],
        ['1', '9', '0', 'x', ''],
      ],
      ';',
    ),
    'q.csv',
  );
  const present = new Map([
    [1, { raw: '3', correction: null }],
    [2, { raw: '4', correction: null }],
    [3, { raw: '5', correction: '5;Eve' }],
  ]);
  expect(findCorrections(rows, present, kept)).toEqual({
    corrections: [
      { number: 1, revision: 0, text: '3;Cy' },
      { number: 2, revision: 4, text: '4;Di' },
      { number: 3, revision: 2, text: null },
    ],
    gone: 1,
  });
  expect(findCorrections(rows, present, { ignoreRevisions: true }).corrections[1]).toEqual({ number: 2, text: '4;Di' });
});

test('both cells of a row changed is a mistake to be told', () => {
  const [row] = readEditedRows('{"number":1,"raw":"a","correction":"b"}', 'q.jsonl');
  expect(() => findCorrections([row!], new Map([[1, { raw: 'x', correction: null }]]), kept)).toThrow('both changed');
});

test('a cell that a spreadsheet cut off is no correction', () => {
  const raw = 'x'.repeat(40_000);
  const edited = [{ number: 1, version: 1, revision: 0, raw: raw.slice(0, 32_767), correction: '' }];
  expect(findCorrections(edited, new Map([[1, { raw, correction: null }]]), kept).corrections).toEqual([]);
});

test.for([
  ['no number', '{"raw":"a"}', 'q.jsonl, line 1: number does not fit'],
  ['no JSON', '{"number":1}\n{', 'q.jsonl, line 2 is no JSON'],
  ['no header', 'a,b\n1,2', 'has no column called number'],
  ['a word for a number', 'number,raw\none,2', 'row 1 below the first line: number does not fit'],
] as const)('a file with %s is refused with the place', ([, content, message]) => {
  expect(() => readEditedRows(content, 'q.jsonl')).toThrow(message);
});
