import { pipeline } from 'node:stream/promises';
import { createTestDatabase } from '@granary/db/testing';
import { columnTypes } from '@granary/domain/column-types';
import fc from 'fast-check';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { expect, test } from 'vitest';
import type { DialectOverrides } from './inspection.ts';
import { openFile } from './testing/open-file.ts';

const database = await createTestDatabase({ migrated: false });
const pool = database.pool('postgres', { poolSize: 1 });

/** Loads a file into a table of the types that were found, and reads it back as Postgres writes it. */
async function roundTrip(fileName: string, bytes: string, overrides: DialectOverrides = {}) {
  await using file = await openFile(fileName, bytes, { overrides });
  const { columns, cleanRows, quarantinedRows } = file.reader.inspection;
  const client = await pool.connect();
  try {
    await client.query('begin');
    const definitions = columns.map(({ name, type }) => `${pg.escapeIdentifier(name)} ${type}`);
    await client.query(`create temporary table t (${definitions.join(', ')}) on commit drop`);
    const { stream, done } = file.reader.copyCsv(columns.map(({ name }) => name));
    const target = client.query(copyFrom('copy t from stdin (format csv)'));
    await Promise.all([pipeline(stream, target), done]);
    expect(target.rowCount).toBe(cleanRows);
    const list = columns.map(({ name }) => `${pg.escapeIdentifier(name)}::text`).join(', ');
    const { rows } = await client.query({ text: `select ${list} from t`, rowMode: 'array' });
    return { types: columns.map(({ type }) => type), rows, quarantinedRows };
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const csvCell = (value: string | null) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`);

test('any text comes back from Postgres as it stood in the file', async () => {
  const value = fc.option(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        '',
        '\\.',
        'x\n\\.\ny',
        '\\N',
        'NULL',
        '"',
        ',',
        '\n',
        '\r',
        '\r\n',
        ' ',
        '\t',
        "'",
        '\\',
        '#',
        '{',
      ),
    ),
  );
  const table = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      const clean = rows.map((row) => row.map((cell) => cell?.replaceAll('\0', '') ?? null));
      // the first row and its marks keep the columns text and the header a header
      const all = [['x y', 'mark'], ...clean.map(([a, b]) => [a ?? null, b ?? null])];
      const text = all.map((row) => row.map(csvCell).join(',')).join('\n');
      const result = await roundTrip('a.csv', `first name,second name\n${text}\n`);
      expect(result).toEqual({ types: ['text', 'text'], rows: all, quarantinedRows: 0 });
    }),
    { numRuns: 15 },
  );
});

test('a value of every type is taken by Postgres and means the same there', async () => {
  const cells: Record<string, readonly [string, string][]> = {
    boolean: [
      ['TRUE', 'true'],
      ['false', 'false'],
    ],
    bigint: [
      ['-999999999999999999', '-999999999999999999'],
      ['0', '0'],
    ],
    'double precision': [
      ['1e-299', '1e-299'],
      ['.5', '0.5'],
      ['5.', '5'],
      ['-0', '-0'],
      ['NaN', 'NaN'],
      ['-inf', '-Infinity'],
    ],
    numeric: [
      ['12345678901234567890.12345678901234567890', '12345678901234567890.12345678901234567890'],
      ['1e20', '100000000000000000000'],
    ],
    date: [
      ['0001-01-01', '0001-01-01'],
      ['9999-12-31', '9999-12-31'],
    ],
    time: [
      ['23:59:59.999999', '23:59:59.999999'],
      ['00:00', '00:00:00'],
    ],
    timestamp: [
      ['2020-02-29T23:59:59.123456', '2020-02-29 23:59:59.123456'],
      ['2020-01-01 9:05', '2020-01-01 09:05:00'],
    ],
    timestamptz: [
      ['2020-01-01T10:00:00+0530', '2020-01-01 04:30:00+00'],
      ['2020-01-01 10:00Z', '2020-01-01 10:00:00+00'],
    ],
    uuid: [['550E8400-E29B-41D4-A716-446655440000', '550e8400-e29b-41d4-a716-446655440000']],
    jsonb: [
      ['{"b": [1.50, "é\\n"], "a": null}', '{"a": null, "b": [1.50, "é\\n"]}'],
      ['[]', '[]'],
    ],
    text: [['007', '007']],
  };
  await pool.query(`alter database ${pg.escapeIdentifier(database.name)} set timezone = 'UTC'`);
  await pool.query(`set timezone = 'UTC'`);
  for (const [type, pairs] of Object.entries(cells)) {
    const { types, rows } = await roundTrip(
      'a.csv',
      `n,the value\n${pairs.map(([cell], index) => `${index},${csvCell(cell)}`).join('\n')}\n`,
    );
    expect([type, types[1]]).toEqual([type, type]);
    expect(rows.map((row) => row[1])).toEqual(pairs.map(([, shown]) => shown));
  }
});

test('whatever a column of random values is typed as, Postgres takes all of it', async () => {
  const digit = fc.constantFrom(...'0123456789');
  const spelled = fc.oneof(
    fc.stringMatching(/^-?\d{1,3}(\.\d{0,3})?([eE][-+]?\d{1,4})?$/),
    fc.stringMatching(
      /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[-+]\d{2}(:?\d{2})?)?)?$/,
    ),
    fc.stringMatching(/^\d{1,2}:\d{2}(:\d{2})?$/),
    fc.array(digit, { minLength: 1, maxLength: 25 }).map((digits) => digits.join('')),
    fc.constantFrom(
      'true',
      'False',
      'nan',
      'inf',
      '-Infinity',
      '{"a":1}',
      '[1,[2]]',
      '{"a":"\\u0000"}',
      '[1e999]',
      '{"a":1,"a":2}',
    ),
    fc.json(),
    fc.uuid(),
  );
  const column = fc
    .array(spelled, { minLength: 1, maxLength: 2 })
    .map((values) => values.map((value) => value.replaceAll('\0', '')));
  await fc.assert(
    fc.asyncProperty(fc.array(column, { minLength: 200, maxLength: 200 }), async (columns) => {
      const header = columns.map((_, index) => `column number ${index}`);
      const lines = [0, 1].map((row) => columns.map((values) => csvCell(values[row] ?? null)).join(','));
      const { rows, quarantinedRows } = await roundTrip('a.csv', `${header.join(',')}\n${lines.join('\n')}\n`);
      expect({ rows: rows.length, quarantinedRows }).toEqual({ rows: 2, quarantinedRows: 0 });
    }),
    { numRuns: 10 },
  );
});

test('whatever a type that the user gives lets through, Postgres takes; the rest is in quarantine', async () => {
  const spelled = fc.oneof(
    fc.stringMatching(/^ ?[-+]?\d{0,3}([.,]\d{3}){0,2}([.,]\d{0,4})?([eE][-+]?\d{1,4})? ?$/),
    fc.stringMatching(/^[-+]?\d{17,22}$/),
    fc.stringMatching(
      /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,7})?)?( ?[aApP][mM])?( ?Z|[-+]\d{2}(:?\d{2})?)?)?$/,
    ),
    fc.stringMatching(/^\d{1,2}:\d{2}(:\d{2}(\.\d{1,7})?)?( ?[aApP][mM])?$/),
    fc.constantFrom(
      'yes',
      'N',
      't',
      'OFF',
      '1',
      '-inf',
      '+Infinity',
      'NaN',
      '1e-320',
      '4.9e-324',
      '1e309',
      '-0',
      '',
      ' ',
      'NA',
      '?',
    ),
    fc.constantFrom(
      '0000-01-01',
      '9999-12-31',
      '29/02/1900',
      '29.2.2000',
      '24:00',
      '12:00 am',
      '0:30 pm',
      '{"a":1}',
      '[1e999]',
      'null',
    ),
    fc.uuid(),
    fc.uuid().map((id) => `{${id.replaceAll('-', '').toUpperCase()}}`),
    fc.string({ unit: 'grapheme', maxLength: 5 }).map((text) => text.replaceAll('\0', '')),
  );
  const separators = fc.constantFrom('.' as const, ',' as const);
  const orders = fc.constantFrom('day-month-year' as const, 'month-day-year' as const, 'year-month-day' as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(spelled, { minLength: 300, maxLength: 300 }),
      separators,
      fc.option(orders, { nil: undefined }),
      async (values, decimalSeparator, dateOrder) => {
        const lines = values.map((value, index) => `${index},${csvCell(value)}`);
        const text = `row number,the value\n${lines.join('\n')}\n`;
        for (const type of columnTypes) {
          const overrides = {
            delimiter: ',',
            quote: '"',
            hasHeader: true,
            types: { the_value: type },
            decimalSeparator,
            dateOrder,
          };
          const { rows, quarantinedRows, types } = await roundTrip('a.csv', text, overrides);
          expect([types[1], rows.length + quarantinedRows]).toEqual([type, values.length]);
        }
      },
    ),
    // a reading process for each type: one run of many values, and no search for a smaller one
    { numRuns: 1, endOnFailure: true },
  );
});
