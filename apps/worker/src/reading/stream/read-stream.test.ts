import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { CleanRowsFile } from '../../pseudonyms/clean-rows-file.ts';
import type { DialectOverrides } from '../inspection.ts';
import { createTableReader } from '../testing/read-with-duck.ts';
import { readStream } from './read-stream.ts';
import type { StreamCell, UnfitRow } from './stream-protocol.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'granary-stream-'));
const reader = await createTableReader();
afterAll(async () => {
  await reader[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const overrides = { delimiter: ',', quote: '"', escape: '"', hasHeader: false, skipLines: 0, encoding: 'utf-8' };
const limits = { columns: 1000, decodedBytes: 2 ** 30, recordBytes: 2 ** 20 };

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What the first pass makes of a text, with nothing replaced: the rows that fit as CSV, and those that do not. */
async function firstPass(bytes: Buffer, size: number, said: DialectOverrides = overrides) {
  const rows: StreamCell[][] = [];
  const unfit: UnfitRow[] = [];
  let columns = 0;
  let named: readonly string[] | null = null;
  const end = await readStream(
    inPieces(bytes, size),
    { overrides: said, limits },
    {
      table: (table) => {
        columns = table.names.length;
        named = table.hasHeader ? table.names : null;
      },
      row: (cells) => void rows.push(cells),
      unfit: (row) => void unfit.push(row),
      flush: async () => {},
    },
  );
  const target = path.join(folder, 'rows.csv');
  await rm(target, { force: true });
  const table = { delimiter: ',', columns, identifiers: new Set<number>(), replace: () => null };
  const file = await CleanRowsFile.create(target, table, named);
  await file.add(rows);
  await file.close();
  return { end, unfit, csv: await readFile(target) };
}

const token = fc.constantFrom(
  'a',
  '1',
  ',',
  ',',
  ',',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '"',
  '""',
  ' ',
  'é',
  "'",
  '#',
  '\0',
  '\t',
  '=',
);

test('the stream gives the rows that reading the whole file gives, and sets apart the same ones', {
  timeout: 600_000,
}, async () => {
  // with a row that does not fit, so that the whole file is read from a clean copy as well
  const text = fc.array(token, { maxLength: 60 }).map((tokens) => `x,y\n1,2\nmisfit\n${tokens.join('')}`);
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 20 }), async (content, size) => {
      const whole = await reader.read(content, overrides);
      const { end, unfit, csv } = await firstPass(Buffer.from(content), size);
      expect([end.inputRows, end.cleanRows]).toEqual([whole.inspection.inputRows, whole.inspection.cleanRows]);
      expect(unfit).toEqual(whole.quarantine.map(({ column: _, ...row }) => row));
      const again = await reader.read(csv, overrides);
      expect(again.rows).toEqual(whole.rows);
      expect(again.quarantine).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('lines of fixed width come as rows too, under the names that the user gives', async () => {
  const text = '001Doe, "J"  7\n002         12x\n003Roe\n';
  const { csv, unfit } = await firstPass(Buffer.from(text), 3, { widths: [3, 9, 3], names: ['id', 'name', 'n'] });
  expect(csv.toString()).toBe('"id","name","n"\n001,"Doe, ""J""",7\n002,,12x\n');
  expect(unfit).toMatchObject([
    { line: 3, raw: '003Roe', reason: 'it has 6 characters, and its last column begins with character 13' },
  ]);
  await expect(firstPass(Buffer.from(text), 3, { widths: [3], ragged: 'pad', quote: '"' })).rejects.toMatchObject({
    kind: 'bad_options',
  });
});

test('a record may be longer than the window, and a record that is too long is set apart', async () => {
  const long = 'x'.repeat(6 << 20);
  const wide = { ...limits, recordBytes: 8 << 20 };
  const cells: StreamCell[][] = [];
  const unfit: UnfitRow[] = [];
  const bytes = Buffer.from(`a,b\n"${long}",1\n"${long}${long}",2\nc,3\n`);
  const end = await readStream(
    inPieces(bytes, 1 << 16),
    { overrides, limits: wide },
    {
      table: () => {},
      row: (row) => void cells.push(row),
      unfit: (row) => void unfit.push(row),
      flush: async () => {},
    },
  );
  expect([end.inputRows, cells.length, unfit.length]).toEqual([4, 3, 1]);
  expect(unfit[0]).toMatchObject({ line: 3, reason: 'it is too long for one row' });
  expect(cells[2]).toEqual(['c', '3']);
});
