import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNaively } from '../testing/naive-csv.ts';
import { readInProcess } from '../testing/read-in-process.ts';

const lines = (...rows: string[]) => `${rows.join('\n')}\n`;
const plain = { delimiter: ',', quote: '"', backslash: false, skipInitialSpace: false };

describe('a file of fixed width', () => {
  test('has its fields where the widths say, without the blanks around them', async () => {
    const file = lines('id  name      age', '001 Ada        36', '002 Eve, "E."  9', '003            71');
    const table = await readInProcess('a.txt', file, { widths: [4, 10, 3] });
    expect(table).toMatchObject({
      format: 'fixed',
      inputRows: 3,
      quarantinedRows: 0,
      types: ['id text', 'name text', 'age bigint'],
      csv: lines('001,Ada,36', '002,"Eve, ""E.""",9', '003,,71'),
      dialect: {
        delimiter: null,
        headerRows: 1,
        widths: [
          [1, 4],
          [5, 14],
          [15, 17],
        ],
      },
    });
  });

  test('may have columns picked out of its lines; what else stands there is reported', async () => {
    const file = lines('A1990x12', 'B1991 13', 'C1992y14 and more');
    const widths: [number, number | null][] = [
      [2, 5],
      [7, 8],
    ];
    const table = await readInProcess('a.txt', file, { widths, names: ['year', 'n'] });
    expect(table).toMatchObject({
      csv: lines('1990,12', '1991,13', '1992,14'),
      notes: ['3 rows hold something outside of the given columns, which was left out; the first is on line 1.'],
    });
    const open = await readInProcess('a.txt', file, { widths: [[2, 5], [7, null]], hasHeader: false }); // biome-ignore format: one line
    expect(open.csv).toBe(lines('1990,12', '1991,13', '1992,14 and more'));
  });

  test.each(['utf-8', 'windows-1252', 'utf-16le'])('is measured in characters, in %s too', async (encoding) => {
    const text = lines('Ærø    1', 'Zoë   22', 'Łódź 333'.replace('Łódź', 'Çöß€'));
    const latin = (code: string) => (code === '€' ? 0x80 : code.charCodeAt(0));
    const bytes =
      encoding === 'windows-1252'
        ? Buffer.from([...text].map(latin))
        : Buffer.from(text, encoding === 'utf-8' ? 'utf8' : 'utf16le');
    const table = await readInProcess('a.txt', bytes, { widths: [5, 3], names: ['place', 'n'], encoding });
    expect(table).toMatchObject({ encoding, csv: lines('Ærø,1', 'Zoë,22', 'Çöß€,333'), quarantinedRows: 0 });
  });

  test('counts a character past U+FFFF as one', async () => {
    expect((await readInProcess('a.txt', lines('😀😀1', 'ab2'), { widths: [2, 1], names: ['a', 'b'] })).csv).toBe(
      lines('😀😀,1', 'ab,2'),
    );
  });

  test('has lines that are too short or too long in quarantine', async () => {
    const file = lines('aa11b', 'aa2', 'aa33 ', '', 'aa44bx', '   ', 'a');
    const table = await readInProcess('a.txt', file, { widths: [2, 2, 1], names: ['a', 'b', 'c'] });
    expect(table).toMatchObject({ inputRows: 5, cleanRows: 2, csv: lines('aa,11,b', 'aa,33,') });
    expect(table.quarantine.map(({ line, raw, reason }) => [line, raw, reason])).toEqual([
      [2, 'aa2', 'it has 3 characters, and its last column begins with character 5'],
      [5, 'aa44bx', 'something stands outside of the columns, at character 6'],
      [7, 'a', 'it has 1 character, and its last column begins with character 5'],
    ]);
  });

  test('has short lines padded where the user says so, and long ones still apart', async () => {
    const file = lines('aa11b', 'aa2', 'a', 'aa44bx');
    const table = await readInProcess('a.txt', file, { widths: [2, 2, 1], names: ['a', 'b', 'c'], ragged: 'pad' });
    expect(table).toMatchObject({ csv: lines('aa,11,b', 'aa,2,', 'a,,'), quarantinedRows: 1 });
  });

  test('has types, NULLs and footers as the user says, and NUL bytes in quarantine', async () => {
    const file = lines('1 x\0', '2 99', 'q 12', '3 10', 'Source: me');
    const options = { widths: [2, 2], names: ['a', 'b'], types: { a: 'bigint' }, nullValues: ['99'], skipFooterLines: 1 } as const; // biome-ignore format: one line
    const table = await readInProcess('a.txt', file, { ...options, widths: [...options.widths], names: [...options.names], nullValues: [...options.nullValues] }); // biome-ignore format: one line
    expect(table).toMatchObject({ inputRows: 4, csv: lines('2,', '3,10') });
    expect(table.quarantine.map(({ reason }) => reason)).toEqual([
      'it holds a NUL byte, which no text in Postgres can hold',
      '"q" is no whole number, and the column is to be bigint',
    ]);
  });
});

/** No blanks at its ends and no line break: what a field of fixed width can hold. Letters keep it text, and from being nothing. */
const cell = (width: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 0, maxLength: width - 1 })
    .map((text) => `é${text.replace(/[\0\r\n]/g, '_')}`.trimEnd())
    .filter((text) => [...text].length <= width && !text.endsWith(' '));

const table = fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 2, maxLength: 6 }).chain((widths) =>
  fc.record({
    widths: fc.constant(widths),
    rows: fc.array(fc.tuple(...widths.map((width) => fc.option(cell(width), { freq: 4 }))), {
      minLength: 1,
      maxLength: 12,
    }),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  }),
);

test('any table that is written with fixed widths comes back', async () => {
  await fc.assert(
    fc.asyncProperty(table, async ({ widths, rows, lineEnd }) => {
      const first = widths.map(() => 'é');
      const all = [first, ...rows.filter((row) => row.some((value) => value !== null))];
      const written = all.map((row) =>
        row.map((value, index) => (value ?? '') + ' '.repeat(widths[index]! - [...(value ?? '')].length)).join(''),
      );
      const { csv, inputRows, quarantinedRows } = await readInProcess('a.txt', written.join(lineEnd), {
        widths,
        names: widths.map((_, index) => `c${index}`),
      });
      expect({ inputRows, quarantinedRows }).toEqual({ inputRows: all.length, quarantinedRows: 0 });
      expect(readNaively(csv, plain).map(({ fields }) => fields)).toEqual(all);
    }),
    { numRuns: 150 },
  );
});
