import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeWorkbook, rowXml } from '../testing/make-workbook.ts';
import { readInProcess as read } from '../testing/read-in-process.ts';

const lines = (...rows: string[]) => `${rows.join('\n')}\n`;

const sales = ['region,sales', 'north,10', 'south,20', 'west,5'];
const stock = ['Stock by product', 'product,units,price', 'a,1,2.5', 'b,2,3.5', 'c,7,4.5', 'd,8,5.5'];

describe('two tables in a file', () => {
  const file = lines('Report 2020', '', ...sales, '', '', ...stock, '', 'Source: me');

  test('are told apart; the longer is read, and every row of the other is in quarantine', async () => {
    const table = await read('a.csv', file);
    expect(table).toMatchObject({
      inputRows: 10,
      cleanRows: 4,
      types: ['product text', 'units bigint', 'price double precision'],
      csv: lines('a,1,2.5', 'b,2,3.5', 'c,7,4.5', 'd,8,5.5'),
      dialect: { table: 2, tables: [{ firstLine: 1, lastLine: 6 }, { firstLine: 9, lastLine: 16 }] }, // biome-ignore format: one line
    });
    expect(table.notes[0]).toBe(
      'The file holds 2 tables: table 1 on lines 1 to 6, table 2 on lines 9 to 16. Table 2 was read; what belongs to the others is in quarantine. The option table names another.',
    );
    const reason = 'it belongs to table 1 of the file (lines 1 to 6), and table 2 was read';
    expect(table.quarantine.map((row) => [row.line, row.byteOffset, row.raw, row.reason])).toEqual([
      [1, 0, 'Report 2020', reason],
      [3, 13, 'region,sales', reason],
      [4, 26, 'north,10', reason],
      [5, 35, 'south,20', reason],
      [6, 44, 'west,5', reason],
      [16, file.indexOf('Source'), 'Source: me', '1 field where 3 are expected'],
    ]);
  });

  test('are loaded one at a time from the same file', async () => {
    const first = await read('a.csv', file, { table: 1, types: { sales: 'numeric' } });
    expect(first).toMatchObject({
      types: ['region text', 'sales numeric'],
      csv: lines('north,10', 'south,20', 'west,5'),
      inputRows: 10,
      quarantinedRows: 7,
      dialect: { table: 1, skippedLines: 2 },
    });
    expect(first.quarantine.map(({ line }) => line)).toEqual([9, 10, 11, 12, 13, 14, 16]);
    await expect(read('a.csv', file, { table: 3 })).rejects.toMatchObject({
      kind: 'choice_needed',
      message:
        'The file holds 2 tables, and the option table asks for number 3: table 1 on lines 1 to 6, table 2 on lines 9 to 16.',
    });
  });

  test('are what the user’s word leaves of them: lines above, lines below, no names, short rows', async () => {
    const short = lines('a,b', '1,2', '3,4', '5,6', '7,8', '', 'c,d,e', 'x,1,2', 'y,2,3');
    expect(await read('a.csv', short, { skipLines: 6 })).toMatchObject({ inputRows: 2, csv: lines('x,1,2', 'y,2,3') });
    expect(await read('a.csv', short, { skipFooterLines: 4 })).toMatchObject({ inputRows: 4, quarantinedRows: 0 });
    const cut = await read('a.csv', file, { table: 2, skipFooterLines: 1 });
    expect(cut).toMatchObject({ inputRows: 9, csv: lines('a,1,2.5', 'b,2,3.5', 'c,7,4.5', 'd,8,5.5') });
    expect((await read('a.csv', file, { table: 1, skipFooterLines: 1 })).csv).toBe(
      lines('north,10', 'south,20', 'west,5'),
    );
    const same = lines('Oz,10', 'Ys,20', '', 'city,people', 'Emerald,3', 'Is,5');
    expect(await read('a.csv', same, { hasHeader: false })).toMatchObject({ inputRows: 5, cleanRows: 5 });
    const ragged = lines('1,2,3', '4,5,6', '7,8,9', '', '1,2', '3,4', '5,6');
    expect(await read('a.csv', ragged, { ragged: 'pad' })).toMatchObject({ inputRows: 6, cleanRows: 6 });
  });

  test('may have one width, as spreadsheets give it to all of their rows', async () => {
    const padded = lines('region,sales,', 'north,10,', 'south,20,', ',,', 'product,units,price', 'a,1,2.5', 'b,2,3.5', 'c,3,4.5'); // biome-ignore format: one line
    expect(await read('a.csv', padded)).toMatchObject({
      types: ['product text', 'units bigint', 'price double precision'],
      cleanRows: 3,
      quarantinedRows: 3,
    });
    expect(await read('a.csv', padded, { table: 1 })).toMatchObject({ csv: lines('north,10,', 'south,20,') });
  });

  test('may have the same columns but for their names', async () => {
    const file = lines('country,people', 'Oz,10', 'Ys,20', '', 'city,people', 'Emerald,3', 'Kêr,4', 'Is,5');
    expect((await read('a.csv', file)).types).toEqual(['city text', 'people bigint']);
    expect((await read('a.csv', file, { table: 1 })).csv).toBe(lines('Oz,10', 'Ys,20'));
  });

  test('may have no names', async () => {
    const file = lines('1,2,3', '4,5,6', '7,8,9', '', '1,2', '3,4', '5,6', '7,8');
    expect(await read('a.csv', file)).toMatchObject({ cleanRows: 4, quarantinedRows: 3, dialect: { table: 2 } });
  });

  test('may stand in one sheet of a workbook', async () => {
    const rows = [['r', 's'], ['n', 1], ['m', 2], null, ['product', 'units', 'price'], ['a', 1, 2], ['b', 2, 3], ['c', 2, 3]]; // biome-ignore format: one line
    const xml = rows.map((row, index) => (row ? rowXml(index + 1, row) : '')).join('');
    const bytes = makeWorkbook([{ name: 's', rows: xml }]);
    expect(await read('a.xlsx', bytes)).toMatchObject({ cleanRows: 3, quarantinedRows: 3 });
    expect((await read('a.xlsx', bytes, { table: 1 })).csv).toBe(lines('n,1,', 'm,2,'));
  });

  test('may be parted further down than the sample goes', async () => {
    const many = Array.from({ length: 400_000 }, (_, index) => `${index},${index % 7}.5,x`);
    const table = await read('a.csv', lines('id,value,mark', many.join('\n'), '', ...sales));
    expect(table).toMatchObject({ cleanRows: 400_000, quarantinedRows: 4, dialect: { table: 1 } });
    expect(table.types).toEqual(['id bigint', 'value double precision', 'mark text']);
  });
});

describe('one table is one, however many blank lines it has', () => {
  test.each([
    ['groups of rows', lines('a,b', '1,2', '3,4', '', '5,6', '7,8', '9,1'), 5, 0],
    ['double spacing', lines('a,b', '', '1,2', '', '3,4', '', '5,6'), 3, 0],
    ['a header again', lines('a,b', '1,2', '3,4', '', 'a,b', '5,6', '7,8'), 5, 0],
    ['titles above', lines('My report', '', 'by me in May', '', 'a,b', '1,2', '3,4'), 2, null],
    ['notes below', lines('a,b', '1,2', '3,4', '', 'Source: x', 'Made in May', 'Some notes'), 2, null],
    ['a total', lines('a,b', 'x,2', 'y,4', '', 'Total,6'), 3, 0],
    ['a column of words', lines('word', 'one', '', 'two', 'three'), 4, 0],
    ['a blank line inside quotes', lines('a,b', 'x,"1\n\nb,c,d\n1,2,3\n4,5,6"', 'y,2'), 2, 0],
  ])('%s', async (_, file, clean, quarantined) => {
    const table = await read('a.csv', file);
    expect([table.dialect?.tables, table.cleanRows]).toEqual([[], clean]);
    if (quarantined !== null) expect(table.quarantinedRows).toBe(quarantined);
    await expect(read('a.csv', file, { table: 2 })).rejects.toMatchObject({ kind: 'choice_needed' });
  });
});

const word = fc.constantFrom('ada', 'bob', 'é,x', 'two\nlines', 'it "is"');
const tableOf = (width: number) =>
  fc
    .array(fc.tuple(...Array.from({ length: width }, (_, index) => (index === 0 ? word : fc.nat(99)))), {
      minLength: 2,
      maxLength: 8,
    })
    .map((rows) => ({ names: Array.from({ length: width }, (_, index) => `name ${'abcdef'[index]}${width}`), rows }));

test('any tables that blank lines part are all there, one at a time, and the others are in quarantine', {
  timeout: 600_000,
}, async () => {
  const file = fc.uniqueArray(fc.integer({ min: 2, max: 6 }), { minLength: 2, maxLength: 4 }).chain((widths) =>
    fc.record({
      tables: fc.tuple(...widths.map(tableOf)),
      blank: fc.constantFrom('\n', '\n\n', ' \n'),
      lineEnd: fc.constantFrom('\n', '\r\n'),
    }),
  );
  const quoted = (cell: string | number) =>
    /[",\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : cell;
  await fc.assert(
    fc.asyncProperty(file, async ({ tables, blank, lineEnd }) => {
      const written = tables.map(({ names, rows }) => [names, ...rows].map((row) => row.map(quoted).join(',')));
      const text = written
        .map((rows) => `${rows.join('\n')}\n`)
        .join(blank)
        .replaceAll('\n', lineEnd);
      const records = written.reduce((sum, rows) => sum + rows.length, 0);
      for (const [index, rows] of written.entries()) {
        const table = await read('a.csv', text, { table: index + 1, delimiter: ',' });
        expect(table.csv).toBe(`${rows.slice(1).join('\n')}\n`.replaceAll('two\nlines', `two${lineEnd}lines`));
        expect([table.inputRows, table.cleanRows]).toEqual([records - 1, rows.length - 1]);
        expect(table.quarantine).toHaveLength(records - rows.length);
      }
    }),
    { numRuns: 25 },
  );
});
