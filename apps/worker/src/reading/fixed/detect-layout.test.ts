import { expect, test } from 'vitest';
import { readInProcess as read } from '../testing/read-in-process.ts';

const lines = (...rows: string[]) => `${rows.join('\n')}\n`;

const people = lines(
  'id   name            height',
  '001  Ada Lovelace      1.65',
  '002  Zoë               1.70',
  '003  Łucja of Łódź    11.80',
  '010                    1.75',
);

test('columns that blanks align are found, reported, and can be given otherwise', async () => {
  const table = await read('a.txt', people);
  const widths: [number, number | null][] = [[1, 3], [6, 18], [22, null]]; // biome-ignore format: one line
  expect(table).toMatchObject({
    format: 'fixed',
    types: ['id text', 'name text', 'height double precision'],
    csv: lines('001,Ada Lovelace,1.65', '002,Zoë,1.70', '003,Łucja of Łódź,11.80', '010,,1.75'),
    dialect: { widths, delimiter: null },
    quarantinedRows: 0,
  });
  expect(table.notes[0]).toContain('it was read as a file of fixed width (widths [[1,3],[6,18],[22,null]])');
  expect((await read('a.txt', people, { widths })).csv).toBe(table.csv);
  expect((await read('a.txt', people, { delimiter: ',' })).types).toEqual(['id_name_height text']);
});

test('a layout that is found in the beginning does not cut what stands otherwise further down', async () => {
  const many = Array.from(
    { length: 600_000 },
    (_, index) => `${String(index % 1000).padStart(3, '0')}  ${(index % 90) + 10}`,
  );
  const table = await read('a.txt', lines('id   n', many.join('\n'), '0123 45'));
  expect(table).toMatchObject({ format: 'fixed', inputRows: 600_001, cleanRows: 600_000 });
  expect(table.quarantine).toMatchObject([
    { line: 600_002, raw: '0123 45', reason: 'something stands outside of the columns, at character 4' },
  ]);
});

test.each([
  ['two or three lines', lines('id   n', '001  5', '002  6')],
  ['timestamps', lines('at', ...Array.from({ length: 30 }, (_, n) => `2020-01-${10 + (n % 20)} 10:${10 + n}:00`))],
  [
    'names and numbers that one blank always parts',
    lines(...Array.from({ length: 30 }, (_, n) => `ab${n % 10} ${10 + n}`)),
  ],
  ['titles', lines('The first   book', 'The second  book', 'The third   book', 'The other   book', 'The last    book')],
  ['a line that ends before the last column', lines('id   n', '001  5', '002  6', '003', '004  7', '005  8', '006  8')],
  ['a line that fits no column', lines('id   n', '001  5', '002  6', '003456', '004  7', '005  8', '006  8')],
  ['tabs', lines('id   n', '001  5', '002  6', '003\t 6', '004  7', '005  8', '006  8')],
])('%s are no columns, because nothing is guessed in doubt', async (_, text) => {
  const table = await read('a.txt', text).catch((error: unknown) => error);
  expect(table).not.toMatchObject({ format: 'fixed' });
});
