import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { literal } from './duck/copy-sql.ts';
import { ReadError } from './read-error.ts';
import { readNaively } from './testing/naive-csv.ts';
import { readInProcess } from './testing/read-in-process.ts';

const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const duck = await instance.connect();
afterAll(() => {
  duck.closeSync();
  instance.closeSync();
});

type Cell = string | number | boolean | null;

/** What a writer is given, and the type that has to come back. */
const kinds = [
  ['bigint', fc.integer()],
  ['double precision', fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((n) => n + 0.125)],
  ['boolean', fc.boolean()],
  [
    'date',
    fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((d) => d.toISOString().slice(0, 10)),
  ],
  ['uuid', fc.uuid()],
  // letters around it: no value of this column looks like another type, or like nothing
  ['text', fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => `é${text.replaceAll('\0', '')}.`)],
  [
    'text',
    fc.constantFrom(
      'é,"',
      'two\nlines',
      'a\r\nb',
      "it's",
      'x;y\tz|w',
      ' blanks ',
      '# no comment',
      '\\N!',
      'a""b',
      'q"',
    ),
  ],
] as const satisfies readonly (readonly [string, fc.Arbitrary<Cell>])[];

interface Table {
  readonly types: string[];
  readonly rows: Cell[][];
}

/** One to six columns without a NULL in the first row, so that each has a value to be typed by. */
const anyTable: fc.Arbitrary<Table> = fc
  .array(fc.constantFrom(...kinds), { minLength: 2, maxLength: 6 })
  .chain((columns) => {
    const values: readonly fc.Arbitrary<Cell>[] = columns.map(([, value]) => value);
    const full = fc.tuple(...values);
    const row = fc.tuple(...values.map((value) => fc.option(value, { freq: 5 })));
    return fc
      .tuple(full, fc.array(row, { maxLength: 15 }))
      .map(([first, rest]) => ({ types: columns.map(([type]) => type), rows: [first, ...rest] }));
  });

const names = (table: Table) => table.types.map((_, index) => `the_column_${'abcdef'[index]}`);
const shown = (rows: Cell[][]) => rows.map((row) => row.map((cell) => (cell === null ? null : String(cell))));

async function expectTable(read: ReturnType<typeof readInProcess>, table: Table): Promise<void> {
  const { types, csv, inputRows, quarantinedRows } = await read;
  const plain = { delimiter: ',', quote: '"', backslash: false, skipInitialSpace: false };
  expect({ types, inputRows, quarantinedRows }).toEqual({
    types: names(table).map((name, index) => `${name} ${table.types[index]}`),
    inputRows: table.rows.length,
    quarantinedRows: 0,
  });
  const rows = readNaively(csv, plain).map(({ fields }) => fields);
  const isNumber = table.types.map((type) => type === 'double precision');
  const comparable = (all: (readonly (string | null)[] | null)[]) =>
    all.map((row) => row?.map((cell, index) => (isNumber[index] && cell !== null ? Number(cell) : cell)));
  expect(comparable(rows)).toEqual(comparable(shown(table.rows)));
}

const anyDialect = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|', '^'),
  quote: fc.constantFrom('"', "'"),
  backslash: fc.boolean(),
  quoteAll: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  bom: fc.boolean(),
});

test('any table that is written as delimited text comes back with its values and types', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(anyTable, anyDialect, async (table, { delimiter, quote, backslash, quoteAll, lineEnd, bom }) => {
      const escaped = (text: string) =>
        backslash
          ? text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
          : text.replaceAll(quote, quote + quote);
      const field = (cell: Cell) => {
        if (cell === null) return '';
        const text = String(cell);
        const needsQuotes = quoteAll || typeof cell === 'string';
        return needsQuotes ? quote + escaped(text) + quote : text;
      };
      const lines = [names(table), ...table.rows].map((row) => row.map(field).join(delimiter));
      const text = `${bom ? '\ufeff' : ''}${lines.join(lineEnd)}${lineEnd}`;
      const told = { delimiter, quote, escape: backslash ? '\\' : quote, skipInitialSpace: false, headerRows: 1 };
      await expectTable(readInProcess('a.csv', text, { ...told, comment: '' }), table);
    }),
    { numRuns: 60 },
  );
});

test('any table that is written as JSON Lines or as a JSON array comes back', async () => {
  await fc.assert(
    fc.asyncProperty(anyTable, fc.boolean(), async (table, asArray) => {
      const objects = table.rows.map((row) =>
        Object.fromEntries(names(table).map((name, index) => [name, row[index]])),
      );
      const text = asArray ? JSON.stringify(objects) : objects.map((object) => `${JSON.stringify(object)}\n`).join('');
      await expectTable(readInProcess(asArray ? 'a.json' : 'a.jsonl', text), table);
    }),
    { numRuns: 40 },
  );
});

test('any table that is written as Parquet comes back', async () => {
  const duckTypes: Readonly<Record<string, string>> = { text: 'varchar', 'double precision': 'double' };
  await fc.assert(
    fc.asyncProperty(anyTable, async (table) => {
      const file = path.join(tmpdir(), `granary-round-trip-${process.pid}-${Math.random()}.parquet`);
      const cell = (value: Cell, index: number) => {
        const type = duckTypes[table.types[index]!] ?? table.types[index]!;
        return `cast(${value === null ? 'null' : literal(String(value))} as ${type})`;
      };
      const rows = table.rows.map((row) => `(${row.map(cell).join(', ')})`).join(', ');
      await duck.run(
        `copy (select * from (values ${rows}) t(${names(table).join(', ')})) to ${literal(file)} (format parquet)`,
      );
      const bytes = await readFile(file);
      await rm(file);
      await expectTable(readInProcess('a.parquet', bytes), table);
    }),
    { numRuns: 20 },
  );
});

/** Anything else was thrown by mistake. */
const whole = z.object({
  inputRows: z.int(),
  cleanRows: z.int(),
  quarantinedRows: z.int(),
  csv: z.string(),
  quarantine: z.array(z.unknown()),
});

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
  fc
    .array(
      fc.constantFrom(
        'a',
        '1',
        ',',
        ';',
        '"',
        "'",
        '\n',
        '\r',
        '\\',
        '{',
        '}',
        '[',
        ']',
        ':',
        '\0',
        'é',
        '\xff',
        '-',
        '.',
      ),
      {
        maxLength: 120,
      },
    )
    .map((parts) => Buffer.from(parts.join(''), 'latin1')),
);
const anyOptions = fc.record(
  {
    delimiter: fc.constantFrom(',', ';', '|'),
    quote: fc.constantFrom('', '"', "'"),
    headerRows: fc.integer({ min: 0, max: 3 }),
    skipLines: fc.integer({ min: 0, max: 3 }),
    skipFooterLines: fc.integer({ min: 0, max: 3 }),
    comment: fc.constantFrom('', '#', 'a'),
    skipInitialSpace: fc.boolean(),
    ragged: fc.constantFrom('pad' as const, 'quarantine' as const),
    nullValues: fc.constantFrom<string[]>([], ['a', '1'], ['']),
    decimalSeparator: fc.constantFrom(',' as const, '.' as const),
    encoding: fc.constantFrom('utf-8', 'latin1', 'utf-16le', 'shift_jis', 'gb18030'),
    types: fc.constantFrom({ column_1: 'bigint' as const }, { column_1: 'jsonb' as const }),
  },
  { requiredKeys: [] },
);

test('any bytes, read in any way, load completely or fail clearly, and never half', async () => {
  await fc.assert(
    fc.asyncProperty(anyBytes, anyOptions, fc.constantFrom('a.csv', 'a.json'), async (bytes, options, name) => {
      const read = await readInProcess(name, bytes, options).catch((error: unknown) => error);
      if (read instanceof ReadError) {
        expect(read.kind).not.toBe('crashed');
        return;
      }
      const { inputRows, cleanRows, quarantinedRows, csv, quarantine } = whole.parse(read);
      expect(inputRows).toBe(cleanRows + quarantinedRows);
      expect(quarantine).toHaveLength(quarantinedRows);
      const plain = { delimiter: ',', quote: '"', backslash: false, skipInitialSpace: false };
      expect(readNaively(csv, plain)).toHaveLength(cleanRows);
    }),
    { numRuns: 150 },
  );
});
