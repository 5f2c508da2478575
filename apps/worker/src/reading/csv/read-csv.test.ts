import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type NaiveRecord, readNaively } from '../testing/naive-csv.ts';
import { createTableReader } from '../testing/read-with-duck.ts';

const reader = await createTableReader();
afterAll(() => reader[Symbol.asyncDispose]());

const plainCell = fc
  .array(fc.constantFrom('a', 'b', '1', ' ', 'é', '中', '\\', '#', "'", 'NULL', '\\N', 'x y', '"', ' "'), {
    maxLength: 4,
  })
  .map((parts) => parts.join(''));
const quotedCell = fc
  .array(fc.constantFrom('a', ' ', '""', ',', ';', '\n', '\r\n', '\r', '\\', '中'), { maxLength: 5 })
  .map((parts) => `"${parts.join('')}"`);
const hostileCell = fc.constantFrom('"', '"a"b', '"a', 'a"', '\0', '""x', '"\r');
const cell = fc.oneof(
  { weight: 6, arbitrary: plainCell },
  { weight: 4, arbitrary: quotedCell },
  { weight: 1, arbitrary: hostileCell },
);

/** Tables of two to four columns in which a few rows are ragged, and line ends are of one kind or of all. */
const hostileTable = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    lineEnds: fc.constantFrom(['\n'], ['\r\n'], ['\r'], ['\n', '\r\n', '\r', '\n\n']),
    header: fc.boolean(),
    bom: fc.boolean(),
    backslash: fc.boolean(),
    lastLineEnd: fc.boolean(),
    rows: fc.integer({ min: 2, max: 4 }).chain((width) => {
      const row = fc.array(cell, { minLength: width, maxLength: width });
      const ragged = fc.array(cell, { minLength: 1, maxLength: 5 });
      return fc.array(fc.oneof({ weight: 9, arbitrary: row }, { weight: 1, arbitrary: ragged }), {
        minLength: 1,
        maxLength: 12,
      });
    }),
  })
  .map(({ delimiter, lineEnds, rows, lastLineEnd, ...rest }) => {
    const lines = rows.map((cells, index) => cells.join(delimiter) + lineEnds[index % lineEnds.length]);
    const text = lines.join('');
    return { ...rest, delimiter, text: lastLineEnd ? text : text.replace(/[\r\n]+$/, '') };
  });

test('every row of any text is loaded by DuckDB value for value, or set apart with its line, offset and text', async () => {
  await fc.assert(
    fc.asyncProperty(hostileTable, async ({ text, delimiter, header, bom, backslash }) => {
      fc.pre(/[^\s,;|]/.test(text));
      const overrides = { delimiter, quote: '"', escape: backslash ? '\\' : '"', hasHeader: header, skipLines: 0 };
      const table = await reader.read((bom ? '\ufeff' : '') + text, overrides);

      const { columns, dialect } = table.inspection;
      fc.pre(!dialect?.tables?.length); // of several tables one is read: several-tables.test.ts
      const grammar = { delimiter, quote: '"', backslash, skipInitialSpace: dialect!.skipInitialSpace };
      const body = readNaively(text, grammar).filter((record) => record.line > dialect!.skippedLines);
      const records = body.slice(header ? 1 : 0).filter((record) => columns.length === 1 || !isBlank(record));
      const fits = (record: NaiveRecord) => record.fields?.length === columns.length && !record.raw.includes('\0');
      const misfits = records.filter((record) => !fits(record));

      expect(table.rows).toEqual(records.filter(fits).map(({ fields }) => fields));
      expect(table.quarantine.map(({ line, byteOffset, raw }) => ({ line, byteOffset, raw }))).toEqual(
        misfits.map(({ line, offset, raw }) => ({
          line,
          byteOffset: offset + (bom ? 3 : 0),
          raw: raw.replaceAll('\0', '␀'),
        })),
      );
      expect(table.inspection).toMatchObject({ inputRows: records.length, cleanRows: table.rows.length });
    }),
    { numRuns: 400 },
  );
});

const isBlank = ({ fields, raw }: NaiveRecord) => fields?.length === 1 && /^ *$/.test(raw);

test('a clean file is read in place, one that DuckDB would misread is not', async () => {
  const inPlace = async (text: string) => (await reader.read(text)).inPlace;
  expect(await inPlace('a,b\n1,"x, y"\n2,"two\nlines"\n')).toBe(true);
  expect(await inPlace('a,b\r\n1,x\r\n2,y\r\n')).toBe(true);
  expect(await inPlace('\ufeffa,b\n1,x\n')).toBe(true);
  // DuckDB takes the first line break it sees, even inside quotes, for the kind that ends rows
  expect(await inPlace('a,b\r\n1,"two\nlines"\r\n')).toBe(false);
  expect(await inPlace('a,b\n1,x\r\n2,y\n')).toBe(false);
  expect(await inPlace('a,b\n1, "x"\n2,y\n')).toBe(false);
});

test('one stray quote sets one line apart and does not swallow the rest of the file', async () => {
  const { rows, quarantine } = await reader.read('id,note\n1,"open\n2,fine\n3,"also fine"\n4,"last"\n');
  expect(quarantine).toMatchObject([{ line: 2, byteOffset: 8, raw: '1,"open' }]);
  expect(rows.map(([id]) => id)).toEqual(['2', '3', '4']);
});

test('a table larger than a window is read the same, with rows across every border', async () => {
  const long = `"${'long, '.repeat(2000)}\n""end"""`;
  const lines = Array.from(
    { length: 1500 },
    (_, index) => `${index},${index % 7 === 3 ? long : `x${index}`}${index % 500 === 499 ? ',extra' : ''}`,
  );
  const { inspection, rows, quarantine } = await reader.read(`id,text\n${lines.join('\n')}\n`);
  expect(inspection).toMatchObject({ inputRows: 1500, cleanRows: 1497, quarantinedRows: 3 });
  expect(rows.map(([id]) => Number(id))).toEqual(
    Array.from({ length: 1500 }, (_, index) => index).filter((index) => index % 500 !== 499),
  );
  expect(rows[3]).toEqual(['3', `${'long, '.repeat(2000)}\n"end"`]);
  expect(quarantine.map(({ line }) => line)).toEqual(
    [499, 999, 1499].map((index) => index + 2 + multiLineRowsBefore(index)),
  );
});

const multiLineRowsBefore = (index: number) =>
  Array.from({ length: index }, (_, row) => row).filter((row) => row % 7 === 3).length;

test('what stands above the table and may be a row is set apart, a title is not', async () => {
  const { inspection, quarantine } = await reader.read(
    'Report of May\nRegion,Utrecht\n\nid,name,n\n1,x,2\n2,y,3\n3,z,4\n',
  );
  expect(inspection).toMatchObject({ inputRows: 4, cleanRows: 3, dialect: { skippedLines: 3, headerRows: 1 } });
  expect(quarantine).toMatchObject([
    { line: 2, byteOffset: 14, raw: 'Region,Utrecht', reason: 'it stands above the table' },
  ]);
  expect(inspection.notes).toEqual(['3 lines above the table were skipped: "Report of May".']);
});

test('a row past the limit is set apart, and the rows around it are loaded', async () => {
  const { inspection, quarantine, rows } = await reader.read(
    `id,text\n1,a\n2,${'x'.repeat(2 ** 20 + 5_000_000)}\n3,"${'y'.repeat(1000)}\n4,"d"\n5,"e"\n`,
  );
  expect(quarantine.map(({ line, reason }) => [line, reason])).toEqual([
    [3, 'it is too long for one row'],
    [4, 'there is text after a closing quote'],
  ]);
  expect(quarantine[0]!.raw.length).toBeLessThan(66_000);
  expect(rows).toEqual([
    ['1', 'a'],
    ['4', 'd'],
    ['5', 'e'],
  ]);
  expect(inspection.inputRows).toBe(5);
});

test.each(['\r', '\r\n', '\r\r\n'])('a blank line with a line end of another kind, %j, loses no row', async (blank) => {
  const given = { delimiter: ',', quote: '"', hasHeader: true };
  const { inspection, rows } = await reader.read(`x,y\n1,2\n${blank}`, given);
  expect(inspection).toMatchObject({ inputRows: 1, cleanRows: 1, quarantinedRows: 0 });
  expect(rows).toEqual([['1', '2']]);
});
