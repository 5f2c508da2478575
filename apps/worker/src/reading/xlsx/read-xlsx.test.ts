import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { writeXlsx } from 'hucre/xlsx';
import { expect, test } from 'vitest';
import { ReadError } from '../read-error.ts';
import { makeWorkbook, rowXml } from '../testing/make-workbook.ts';
import { makeZip } from '../testing/make-zip.ts';
import { readInProcess } from '../testing/read-in-process.ts';

const read = (bytes: Uint8Array, overrides = {}, limits = {}) => readInProcess('a.xlsx', bytes, overrides, limits);
const refusal = (bytes: Uint8Array, overrides = {}, limits = {}) =>
  read(bytes, overrides, limits).then(
    () => null,
    (error: unknown) => error,
  );
const header = rowXml(1, ['id', 'name']);

test('a sheet becomes a table with types of its own, as from CSV', async () => {
  const bytes = await writeXlsx({
    sheets: [
      {
        name: 'People',
        rows: [
          ['code', 'weight', 'born', 'seen', 'alive', 'remark'],
          [
            '007',
            1.5,
            new Date('2020-02-29T00:00:00Z'),
            new Date('2020-02-29T12:30:15Z'),
            true,
            'two\nlines, "quoted"',
          ],
          ['042', -2e-7, new Date('1999-12-31T00:00:00Z'), new Date('1999-12-31T00:00:00Z'), false, null],
          ['1', 12, null, null, null, ''],
        ],
        columns: [{}, {}, { numFmt: 'yyyy-mm-dd' }, { numFmt: 'yyyy-mm-dd hh:mm:ss' }, {}, {}],
      },
    ],
  });
  const table = await read(bytes);
  expect(table).toMatchObject({
    format: 'xlsx',
    container: null,
    encoding: null,
    dialect: null,
    inputRows: 3,
    cleanRows: 3,
  });
  expect(table.types).toEqual([
    'code text',
    'weight double precision',
    'born date',
    'seen timestamp',
    'alive boolean',
    'remark text',
  ]);
  expect(table.csv).toBe(
    '007,1.5,2020-02-29,2020-02-29 12:30:15,true,"two\nlines, ""quoted"""\n042,-2e-7,1999-12-31,1999-12-31 00:00:00,false,\n1,12,,,,""\n',
  );
  expect(table.notes).toContain('The sheet "People" of the workbook was read.');
});

const cellText = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => /^[\P{C}\n]*$/u.test(text));
const cell = fc.oneof(
  fc.constant(null),
  cellText.filter((text) => text.trim() !== ''),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);

test('any sheet that another program wrote comes back cell for cell', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 }), async (rows) => {
      const mark = (row: readonly unknown[], index: number) => [`r${index}`, ...row];
      const bytes = await writeXlsx({
        sheets: [
          {
            name: 'S',
            rows: [['mark', 'a', 'b', 'c'], ...rows].map((row, index) => (index === 0 ? row : [`r${index}`, ...row])),
          },
        ],
      });
      const table = await read(bytes, { hasHeader: true, skipLines: 0 });
      expect(table).toMatchObject({ inputRows: rows.length, quarantinedRows: 0 });
      const expected = rows.map(mark).map((row) => row.slice(1));
      const width =
        1 + expected.reduce((most, row) => Math.max(most, row.findLastIndex((value) => value !== null) + 1), 3);
      expect(table.columns).toHaveLength(width);
      const got = parseCsv(table.csv).map((row) => row.slice(1));
      for (const [index, row] of expected.entries()) {
        for (const [column, value] of row.entries()) {
          const text = got[index]?.[column];
          if (value === null) expect(text).toBeNull();
          else if (typeof value === 'number') expect(Number(text) + 0).toBe(value + 0);
          else expect(text).toBe(String(value));
        }
      }
    }),
    { numRuns: 60 },
  );
});

/** RFC 4180 with a bare nothing for null. */
function parseCsv(csv: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  const field = /("(?:[^"]|"")*"|[^,\n]*)([,\n])/gy;
  for (const [, content = '', end] of csv.matchAll(field)) {
    row.push(content === '' ? null : content.startsWith('"') ? content.slice(1, -1).replaceAll('""', '"') : content);
    if (end === '\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

test('the first sheet with something in it is read, the others are named, and one may be chosen', async () => {
  const bytes = makeWorkbook([
    { name: 'Cover', rows: '<row r="1"><c r="A1" s="0"/></row>' },
    { name: 'Hidden', rows: `${header}${rowXml(2, [9, 'h'])}`, state: 'hidden' },
    { name: 'Data', rows: `${header}${rowXml(2, [1, 'one'])}` },
    { name: 'More &amp; more', rows: `${header}${rowXml(2, [2, 'two'])}` },
  ]);
  const first = await read(bytes);
  expect(first.csv).toBe('1,one\n');
  expect(first.notes).toContain(
    'Other sheets hold something too, and were not read: "Hidden", "More & more". The option sheet names one.',
  );
  expect((await read(bytes, { sheet: 'More & more' })).csv).toBe('2,two\n');
  expect((await read(bytes, { sheet: 'hidden ' })).csv).toBe('9,h\n');
  expect(await refusal(bytes, { sheet: 'None' })).toMatchObject({
    kind: 'choice_needed',
    message: expect.stringContaining('"Cover", "Hidden", "Data"'),
  });
  expect(await refusal(bytes, { sheet: 'Cover' })).toMatchObject({ kind: 'not_a_table' });
});

test('titles, empty rows and empty columns around a table are told from it', async () => {
  const rows = `<row r="1"><c r="C1" t="str"><v>A title</v></c></row>${[
    ['a', 'b'],
    ['1', '2'],
    ['3', '4'],
  ]
    .map(([c, d], index) => {
      const row = index === 2 ? 7 : index + 4;
      return `<row r="${row}"><c r="C${row}" t="str"><v>${c}</v></c><c r="D${row}" t="str"><v>${d}</v></c></row>`;
    })
    .join('')}`;
  const table = await read(makeWorkbook([{ name: 'S', rows }]));
  expect(table).toMatchObject({ types: ['a bigint', 'b bigint'], csv: '1,2\n3,4\n', inputRows: 2 });
  expect(table.notes).toEqual([
    'The sheet "S" of the workbook was read.',
    'The table begins in column C of the sheet.',
    '3 lines above the table were skipped: "A title".',
    '1 blank line skipped.',
  ]);
});

test('dates count from 1900 or 1904, and what Excel itself gets wrong stays visible', async () => {
  const formats = [
    'General',
    'yyyy\\-mm\\-dd',
    '[$-F400]h:mm:ss\\ AM/PM',
    'd.m.yy h:mm',
    '[h]:mm',
    '0.00E+00',
    '#,##0 &quot;days&quot;',
  ];
  const cells = (row: number, values: readonly (readonly [style: number, value: string])[]) =>
    `<row r="${row}">${values.map(([style, value], column) => `<c r="${'ABCDEF'[column]}${row}" s="${style}"><v>${value}</v></c>`).join('')}</row>`;
  const rows = [
    rowXml(1, ['day', 'time', 'moment', 'span', 'sci', 'days']),
    cells(2, [
      [1, '59'],
      [2, '0.5'],
      [3, '43890.521'],
      [4, '1.25'],
      [5, '1.5E+2'],
      [6, '7'],
    ]),
    cells(3, [
      [1, '61'],
      [2, '0.999999999'],
      [3, '61'],
      [4, '0.25'],
      [5, '2'],
      [6, '8'],
    ]),
  ].join('');
  const table = await read(makeWorkbook([{ name: 'S', rows }], { formats }));
  expect(table.csv).toBe(
    '1900-02-28,12:00:00,2020-02-29 12:30:14.400,30:00:00,150,7\n1900-03-01,1900-01-01 00:00:00,1900-03-01 00:00:00,06:00:00,2,8\n',
  );
  const old = await read(makeWorkbook([{ name: 'S', rows }], { formats, date1904: true }));
  expect(old.csv).toContain('1904-02-29,');
  expect(old.notes).toContain('The workbook counts its days from 1904, as older ones of a Mac do; dates were read so.');
  const leap = cells(2, [[1, '60']]);
  expect((await read(makeWorkbook([{ name: 'S', rows: `${rowXml(1, ['day'])}${leap}` }], { formats }))).types).toEqual([
    'day text',
  ]);
});

test('numbers are those of the file: the shortest spelling of a double, and every digit of what is more than one', async () => {
  const values = [
    '0.10000000000000001',
    '12345678901234567890',
    '0.1234567890123456789012',
    '1.2345678901234568E+16',
    '-0.5',
  ];
  const rows = values
    .map((value, index) => `<row r="${index + 2}"><c r="A${index + 2}"><v>${value}</v></c></row>`)
    .join('');
  const table = await read(makeWorkbook([{ name: 'S', rows: rowXml(1, ['n', 'm']) + rows }]));
  expect(table.csv).toBe('0.1,\n12345678901234567890,\n0.1234567890123456789012,\n12345678901234568,\n-0.5,\n');
});

test('errors, formulas and merged cells are reported with the place of the first', async () => {
  const rows = `${rowXml(1, ['a', 'b', 'c'])}<row r="2"><c r="A2" t="e"><f>NA()</f><v>#N/A</v></c><c r="B2"><f>1+1</f><v>2</v></c><c r="C2"><f>A9</f></c></row><row r="3"><c r="A3" t="e"><v>#DIV/0!</v></c><c r="B3" t="b"><v>1</v></c><c r="C3" t="str"><f>X</f><v>text</v></c></row>`;
  const after = '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="C3:D4"/></mergeCells>';
  const table = await read(makeWorkbook([{ name: 'S', rows, after }]));
  expect(table.csv).toBe('"#N/A",2,\n"#DIV/0!",true,text\n');
  expect(table.notes.slice(1, 4)).toEqual([
    '2 cells hold an error of Excel (#N/A, #DIV/0!), the first is A2: kept as text.',
    '1 cell holds a formula that was never calculated, the first is C2: left empty. Opening and saving the file in Excel calculates them.',
    '2 ranges of cells are merged, the first is A1:A2: the value stands in the first cell, the others are empty.',
  ]);
});

test('shared texts come with their runs, without phonetic readings, and unescaped', async () => {
  const strings =
    '<si><t xml:space="preserve"> a </t></si><si><r><t>b</t></r><r><rPr/><t>c</t></r><rPh><t>no</t></rPh></si><si><t>x_x000D_y_xD800_</t></si>';
  const rows = `${rowXml(1, ['t'])}${[0, 1, 2].map((index) => `<row><c t="s"><v>${index}</v></c></row>`).join('')}`;
  const table = await read(makeWorkbook([{ name: 'S', rows }], { strings }));
  expect(table.csv).toBe('" a "\n"bc"\n"x\ry_xD800_"\n');
});

const bomb = `<row r="1"><c r="A1" t="str"><v>${' '.repeat(3_000_000)}</v></c></row>`;
test.each([
  ['without a cell', makeWorkbook([{ name: 'S', rows: '' }]), 'not_a_table', /empty/],
  ['whose XML is cut', makeWorkbook([{ name: 'S', rows: '<row r="1"><c r="A1"><v>1' }]), 'corrupt', /no valid XML/],
  [
    'with a text that is missing',
    makeWorkbook([{ name: 'S', rows: '<row r="1"><c r="A1" t="s"><v>5</v></c></row>' }]),
    'corrupt',
    /text of cell A1/,
  ],
  [
    'whose rows are out of order',
    makeWorkbook([{ name: 'S', rows: rowXml(2, [1]) + rowXml(1, [2]) }]),
    'corrupt',
    /wrong place/,
  ],
  ['with a row past the last', makeWorkbook([{ name: 'S', rows: rowXml(2_000_000, [1]) }]), 'corrupt', /wrong place/],
  [
    'with a column past the last',
    makeWorkbook([{ name: 'S', rows: '<row r="1"><c r="ZZZZ1"><v>1</v></c></row>' }]),
    'corrupt',
    /wrong place/,
  ],
  [
    'with an entity of its own',
    makeWorkbook([{ name: 'S', rows: '<row r="1"><c r="A1"><v>&x;</v></c></row>' }]),
    'corrupt',
    /no valid XML/,
  ],
  ['with a cell of megabytes', makeWorkbook([{ name: 'S', rows: bomb }]), 'too_large', /longer than/],
  [
    'in the binary format',
    makeZip([
      { name: '[Content_Types].xml', content: '' },
      { name: 'xl/workbook.bin', content: '' },
    ]),
    'unsupported',
    /xlsb/,
  ],
  ['with a password', Buffer.from('d0cf11e0a1b11ae1'.padEnd(64, '0'), 'hex'), 'unsupported', /password/],
])('a workbook %s is refused', async (_, bytes, kind, message) => {
  expect(await refusal(bytes, {}, { recordBytes: 2 ** 20 })).toMatchObject({
    kind,
    message: expect.stringMatching(message),
  });
});

test('a bomb in a workbook ends at the limit', async () => {
  const rows = `${header}${Array.from({ length: 20_000 }, (_, index) => rowXml(index + 2, [1, 'x'])).join('')}`;
  const limits = { decodedBytes: 2 ** 20 };
  expect(await refusal(makeWorkbook([{ name: 'S', rows }]), {}, limits)).toMatchObject({ kind: 'too_large' });
});

const blanks = (bytes: number) => ' '.repeat(bytes);
test.each([
  ['a shared text of megabytes', { strings: `<si><t>${blanks(40 << 20)}</t></si>` }, /longer than/],
  [
    'a shared text of many runs',
    { strings: `<si>${`<r><t>${blanks(1 << 20)}</t></r>`.repeat(17)}</si>` },
    /A text of the Excel/,
  ],
  ['a tag of megabytes', { strings: `<si ${blanks(40 << 20)}/>` }, /longer than/],
  ['a comment of megabytes', { strings: `<!--${blanks(40 << 20)}-->` }, /longer than/],
  ['endless styles', { formats: Array<string>(1000).fill('x'.repeat(40_000)) }, /styles.xml/],
])('%s in a few packed kilobytes ends at a limit, not in a crash', async (_, options, message) => {
  const bytes = makeWorkbook([{ name: 'S', rows: header + rowXml(2, [1, 'x']) }], options);
  expect(bytes.length).toBeLessThan(3 << 20);
  expect(await refusal(bytes)).toMatchObject({ kind: 'too_large', message: expect.stringMatching(message) });
});

test('elements nested without end are no workbook', async () => {
  const bytes = makeWorkbook([{ name: 'S', rows: header }], { strings: '<a>'.repeat(100_000) });
  expect(await refusal(bytes)).toMatchObject({
    kind: 'corrupt',
    message: expect.stringContaining('nested too deeply'),
  });
});

test('a workbook with any bytes changed is read, or refused with a reason', async () => {
  const sound = makeWorkbook([{ name: 'S', rows: `${header}${rowXml(2, [1, 'one'])}${rowXml(3, [2, 'two'])}` }]);
  const changes = fc.array(fc.tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(changes, async (damage) => {
      const bytes = Buffer.from(sound);
      for (const [at, value] of damage) bytes[at] = value;
      await read(bytes).then(
        ({ inputRows, cleanRows, quarantinedRows }) => expect(inputRows).toBe(cleanRows + quarantinedRows),
        (error: unknown) => {
          if (!(error instanceof ReadError) || error.kind === 'crashed') throw error;
        },
      );
    }),
    { numRuns: 200 },
  );
});

test('XML with any characters changed is read, or refused with a reason', async () => {
  const xml = `${header}${rowXml(2, [1, 'one'])}${rowXml(3, [2, 'two'])}`;
  const changes = fc.array(
    fc.tuple(
      fc.nat({ max: xml.length - 1 }),
      fc.constantFrom('<', '>', '&', '"', '/', 'r', 'c', '9', ' ', '\u0000', '=', 't'),
    ),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(changes, async (damage) => {
      const characters = [...xml];
      for (const [at, value] of damage) characters[at] = value;
      await read(makeWorkbook([{ name: 'S', rows: characters.join('') }])).then(
        ({ inputRows, cleanRows, quarantinedRows }) => expect(inputRows).toBe(cleanRows + quarantinedRows),
        (error: unknown) => {
          if (!(error instanceof ReadError) || error.kind === 'crashed') throw error;
        },
      );
    }),
    { numRuns: 200 },
  );
});

test('a cell that begins with # is no comment wherever the table begins, and whatever stands above it', async () => {
  const rows = [
    [null, null, '# People'],
    [null, null, null],
    [null, null, '#id', '#name'],
    [null, null, '#1', '#Ada'],
    [null, null, '#2', null],
    [null, null, '#', '# Eve'],
  ].map((row, index) => rowXml(index + 1, row));
  const table = await read(makeWorkbook([{ name: 's', rows: rows.join('') }]));
  expect(table).toMatchObject({ inputRows: 3, quarantinedRows: 0, csv: '"#1","#Ada"\n"#2",\n"#","# Eve"\n' });
  expect(table.columns.map(({ originalName }) => originalName)).toEqual(['#id', '#name']);
  const codes = ['code', '#1', 'A', '#2'].map((cell, index) => rowXml(index + 1, [null, cell]));
  expect((await read(makeWorkbook([{ name: 's', rows: codes.join('') }]))).csv).toBe('"#1"\n"A"\n"#2"\n');
  const only = ['#1', 'A', '#2', 'B'].map((cell, index) => rowXml(index + 1, [null, cell]));
  const { inputRows, csv } = await read(makeWorkbook([{ name: 's', rows: only.join('') }]), { hasHeader: false });
  expect([inputRows, csv]).toEqual([4, '"#1"\n"A"\n"#2"\n"B"\n']);
});

test('what the user says of nulls and types holds for a sheet too, and a text that begins with # is no comment', async () => {
  const rows = [
    ['#', 'n', 'code'],
    ['#N/A', 1, '007'],
    ['#1', '#N/A', '?'],
    ['#2', 3, '12'],
  ];
  const bytes = await writeXlsx({ sheets: [{ name: 'A', rows }] });
  const well = await read(bytes, { hasHeader: true });
  expect(well).toMatchObject({ inputRows: 3, cleanRows: 3 });
  expect(well.csv).toBe('"#N/A",1,007\n"#1",,?\n"#2",3,12\n');

  const told = await read(bytes, { hasHeader: true, nullValues: ['#N/A', '?'], types: { code: 'bigint' } });
  expect(told.types[2]).toBe('code bigint');
  expect(told.csv).toBe(',1,7\n"#1",,\n"#2",3,12\n');

  const none = await read(bytes, { hasHeader: true, nullValues: [], types: { n: 'bigint' } });
  expect(none).toMatchObject({ inputRows: 3, cleanRows: 2, quarantinedRows: 1 });
});
