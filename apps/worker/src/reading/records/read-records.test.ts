import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ReadingOptions } from '@granary/domain/reading-options';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { connectDuck } from '../duck/connect.ts';
import { copyRows } from '../duck/copy-rows.ts';
import type { Spans } from '../fixed/fixed-layout.ts';
import type { QuarantinedRow } from '../inspection.ts';
import { readQuarantine } from '../quarantine-file.ts';
import { readNaively } from '../testing/naive-csv.ts';
import { readInProcess } from '../testing/read-in-process.ts';
import { readRecords } from './read-records.ts';
import type { RecordTable } from './record-table.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'granary-records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const column = (name: string, type: RecordTable['columns'][number]['type'] = 'text') => ({
  name,
  originalName: name,
  type,
  nullValues: null,
  dateOrder: null,
  decimalSeparator: '.' as const,
});
const table: RecordTable = {
  grammar: { delimiter: 44, quote: 34, backslash: false, skipInitialSpace: false },
  comment: '',
  pad: false,
  columns: [column('id', 'bigint'), column('name')],
};

let count = 0;
async function read(texts: readonly string[], of: RecordTable = table) {
  const workDirectory = mkdtempSync(path.join(folder, `${count++}-`));
  const source = path.join(workDirectory, 'records');
  writeFileSync(source, texts.map((text) => `${text}\0`).join(''));
  const limits = { columns: 100, decodedBytes: 1 << 20, recordBytes: 1000 };
  const plan = await readRecords(source, of, { workDirectory, limits, progress() {} });
  const refused: QuarantinedRow[] = [];
  if (plan.inspection.quarantinedRows > 0) for await (const row of readQuarantine(workDirectory)) refused.push(row);
  return { plan, refused };
}

async function copied({ plan }: Awaited<ReturnType<typeof read>>): Promise<string> {
  const target = `${plan.path}.copied`;
  const duck = await connectDuck(plan.path, path.dirname(plan.path));
  const names = plan.inspection.columns.map(({ name }) => name);
  await copyRows(duck.connection, plan, names, target).finally(duck.close);
  return readFileSync(target, 'utf8');
}

const texts: RecordTable = { ...table, columns: [column('a'), column('b')] };
const hostile = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', '\r', ' ', 'ä', '\\') });

test('a text is a row exactly if a naive reader finds one record of the right width in it, whatever the others are', async () => {
  const grammar = { delimiter: ',', quote: '"', backslash: false, skipInitialSpace: false };
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 30 }), async (all) => {
      const { plan, refused } = await read(all, texts);
      const misfits = all.flatMap((text, index) => {
        const [record, ...others] = readNaively(text, grammar);
        return record?.fields?.length === 2 && others.length === 0 ? [] : [index + 1];
      });
      expect(refused.map(({ line }) => line)).toEqual(misfits);
      expect(plan.inspection).toMatchObject({
        inputRows: all.length,
        cleanRows: all.length - misfits.length,
        quarantinedRows: misfits.length,
      });
    }),
    { numRuns: 100 },
  );
});

test('what any cells are written as comes out as the same cells', async () => {
  const cells = fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 200 });
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(cells, async (rows) => {
      const lines = rows.map((row) => row.map(quoted).join(','));
      const result = await read(lines, texts);
      expect(result.refused).toEqual([]);
      const records = readNaively(await copied(result), {
        delimiter: ',',
        quote: '"',
        backslash: false,
        skipInitialSpace: false,
      });
      expect(records.map(({ fields }) => fields)).toEqual(rows);
    }),
    { numRuns: 5 },
  );
}, 60_000);

test('values are read by the types that the dataset has, and what the load was told', async () => {
  const local: RecordTable = {
    grammar: { delimiter: 59, quote: null, backslash: false, skipInitialSpace: true },
    comment: '#',
    pad: true,
    columns: [
      { ...column('id', 'bigint'), nullValues: ['none'] },
      { ...column('at', 'date'), dateOrder: 'day-month-year' },
      { ...column('price', 'numeric'), decimalSeparator: ',' },
    ],
  };
  const result = await read(['1; 03.04.2020; 1.234,50', 'none; ; ', '7', '# 8;;', '9;2020-13-01;', 'x;;'], local);
  expect((await copied(result)).trim().split('\n')).toEqual(['1,2020-04-03,1234.50', ',,', '7,,']);
  expect(result.refused).toMatchObject([
    { line: 4, raw: '# 8;;', reason: 'it is a comment', column: null },
    { line: 5, reason: expect.stringContaining('is no date'), column: 'at' },
    { line: 6, reason: expect.stringContaining('is no whole number'), column: 'id' },
  ]);
});

test('a line of fixed width is a row exactly if a load would take it, and holds the same values', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', ' ', 'ä', '😀', '\\'), maxLength: 9 });
  const layouts = fc.constantFrom<{ widths: NonNullable<ReadingOptions['widths']>; spans: Spans }>(
    { widths: [2, 3], spans: [[1, 2], [3, 5]] },
    { widths: [[2, 3], [5, null]], spans: [[2, 3], [5, null]] },
  ); // biome-ignore format: one line each
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), layouts, fc.boolean(), async (some, { widths, spans }, pad) => {
      const all = ['abcde', ...some.filter((text) => text.trim() !== '')];
      const loaded = await readInProcess('a.txt', all.map((text) => `${text}\n`).join(''), {
        widths,
        names: ['a', 'b'],
        types: { a: 'text', b: 'text' },
        nullValues: [],
        comment: '',
        ...(pad && { ragged: 'pad' }),
      });
      const isWhole = !Array.isArray(widths[0]);
      const grammar = { delimiter: 44, quote: null, backslash: false, skipInitialSpace: false };
      const result = await read(all, { ...texts, pad, grammar: { ...grammar, layout: { spans, isWhole } } });
      const told = ({ line, reason }: QuarantinedRow) => [line, reason];
      expect(result.refused.map(told)).toEqual(loaded.quarantine.map(told));
      expect(await copied(result)).toBe(loaded.csv);
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('a line of blanks is no row that could be padded, and two lines are not one', async () => {
  const layout = { spans: [[1, 2], [3, null]] satisfies Spans, isWhole: true }; // biome-ignore format: one line
  const grammar = { delimiter: 44, quote: null, backslash: false, skipInitialSpace: false, layout };
  const { refused } = await read(['   ', 'ab\ncd', 'ab\r\n', ' \n'], { ...texts, pad: true, grammar });
  expect(refused.map(({ line, reason }) => [line, reason])).toEqual([
    [1, 'it is empty'],
    [2, 'it is more than one row'],
    [4, 'it is empty'],
  ]);
});

test('a row that is too long for one says so', async () => {
  const { refused } = await read([`1,${'x'.repeat(2000)}`]);
  expect(refused).toMatchObject([{ line: 1, reason: 'it is too long for one row' }]);
});

test('rows of a JSON file are objects with the keys of the file, in any order', async () => {
  const objects: RecordTable = {
    ...table,
    grammar: null,
    columns: [
      { ...column('a', 'bigint'), originalName: 'A' },
      { ...column('a_2'), originalName: 'a' },
      { ...column('doc', 'jsonb'), nullValues: ['-'] },
      column('at', 'date'),
    ],
  };
  const result = await read(
    [
      '{"a": "x,\\"y\\"", "A": 9007199254740993}',
      ' {\n"doc": {"k": [1, 2]}, "at": "2020-02-29"}\n',
      '{"doc": "-", "a": ""}',
      '{"doc": "text", "a": 12.50}',
      '{"A": 1, "A": 2}',
      '{"b": 1}',
      '{"A": "one"}',
      '{"A": 1} {"A": 2}',
      '[1]',
      '{"A": 1',
    ],
    objects,
  );
  expect((await copied(result)).trimEnd().split('\n')).toEqual([
    '9007199254740993,"x,""y""",,',
    ',,"{""k"": [1, 2]}",2020-02-29',
    ',"",,',
    ',12.50,"""text""",',
  ]);
  expect(result.refused.map(({ line, reason, column: at }) => [line, reason, at])).toEqual([
    [5, 'the key "A" appears twice', null],
    [6, 'no row of the file has the key "b"', null],
    [7, '"one" is no whole number, and the column is to be bigint', 'a'],
    [8, 'something follows the object', null],
    [9, 'it is not a JSON object', null],
    [10, 'it is not valid JSON', null],
  ]);
});

test('a row without a value in a table of one column is a row', async () => {
  const one: RecordTable = { ...table, grammar: null, columns: [column('a')] };
  const result = await read(['{"a":null}', '{}', '{"a":"x"}'], one);
  expect((await copied(result)).split('\n')).toEqual(['', '', '"x"', '']);
});
