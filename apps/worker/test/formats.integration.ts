import { once } from 'node:events';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { createTestDatabase } from '@granary/db/testing';
import type { ReadingOptions } from '@granary/domain';
import { writeXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeZip } from '../src/reading/testing/make-zip.ts';
import { createLoadHarness, type LoadHarness, type LoadIds } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
let harness: LoadHarness;
let worker: ReturnType<LoadHarness['startWorker']>;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
  worker = harness.startWorker();
  await worker.said('ready');
});
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await once(worker.child, 'exit');
  await harness.close();
});

interface Page {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

async function load(fileName: string, content: Buffer | string, options: ReadingOptions = {}, datasetId?: string) {
  const ids = await harness.requestLoad(fileName, content, datasetId, options);
  return { ids, status: await harness.ended(ids) };
}

async function tableOf({ datasetId }: LoadIds) {
  const { columns, rows } = await harness.act<Page>('datasets.rows', { datasetId, limit: 100 });
  return { columns: columns.map(({ name, type }) => `${name} ${type}`), rows };
}

const csv = 'code,height,born\n007,1.65,1915-12-10\n042,,1906-12-09\n';
const expected = {
  columns: ['code text', 'height double precision', 'born date'],
  rows: [
    ['007', 1.65, '1915-12-10'],
    ['042', null, '1906-12-09'],
  ],
};
const aligned = [
  'code  height        born',
  '007     1.65  1915-12-10',
  '042           1906-12-09',
  '043     1.70  1910-01-01',
  '044     1.80  1911-01-01',
].join('\n');

const workbook = await writeXlsx({
  sheets: [
    {
      name: 'People',
      rows: [
        ['code', 'height', 'born'],
        ['007', 1.65, new Date('1915-12-10T00:00:00Z')],
        ['042', null, new Date('1906-12-09T00:00:00Z')],
      ],
      columns: [{}, {}, { numFmt: 'yyyy-mm-dd' }],
    },
  ],
});

test.each<[string, Buffer | string, ReadingOptions, string]>([
  ['people.csv', csv, {}, 'csv'],
  ['people.csv.gz', gzipSync(csv), {}, 'csv'],
  ['people.csv.zst', zstdCompressSync(csv), {}, 'csv'],
  [
    'people.zip',
    makeZip([
      { name: 'readme.txt', content: 'x' },
      { name: 'people.csv', content: csv },
    ]),
    { entry: 'people.csv' },
    'csv',
  ],
  ['people.xlsx', Buffer.from(workbook), {}, 'xlsx'],
  ['people.xlsx.gz', gzipSync(workbook), {}, 'xlsx'],
  ['people.txt', aligned.split('\n').slice(0, 3).join('\n'), { widths: [4, 8, 12] }, 'fixed'],
  [
    'people.json',
    '{"meta":{"total":2},"data":{"people":[{"code":"007","height":1.65,"born":"1915-12-10"},{"code":"042","born":"1906-12-09"}]}}',
    {},
    'json',
  ],
])('%s stands in Postgres with its types and all of its rows', async (fileName, content, options, format) => {
  const { ids, status } = await load(fileName, content, options);
  expect(status).toMatchObject({ state: 'ready', inputRows: 2, loadedRows: 2, quarantinedRows: 0 });
  expect(await tableOf(ids)).toMatchObject(expected);
  const { rows } = await owner.query(`select format->>'format' as format from dataset_versions where id = $1`, [
    ids.versionId,
  ]);
  expect(rows).toEqual([{ format }]);
});

test('columns that blanks align are found, and the layout stands in the version to be given otherwise', async () => {
  const { ids, status } = await load('people.txt', aligned);
  expect(status).toMatchObject({ state: 'ready', loadedRows: 4, quarantinedRows: 0 });
  expect((await tableOf(ids)).columns).toEqual(expected.columns);
  const { rows } = await owner.query<{ widths: ReadingOptions['widths'] }>(
    `select format->'dialect'->'widths' as widths from dataset_versions where id = $1`,
    [ids.versionId],
  );
  const widths = rows[0]?.widths;
  expect(widths).toEqual([[1, 4], [7, 12], [15, null]]); // biome-ignore format: one line
  const again = await harness.act<{ versionId: string }>('datasets.reload', {
    datasetId: ids.datasetId,
    options: { widths, types: { code: 'bigint' } },
  });
  expect(await harness.ended({ ...ids, ...again })).toMatchObject({ state: 'ready', loadedRows: 4 });
  expect((await tableOf(ids)).columns[0]).toBe('code bigint');
});

test('the second table of a file is loaded from the same original, and every row is accounted for both times', async () => {
  const file = 'region,sales\nnorth,1\nsouth,2\n\nproduct,units,price\na,1,2.5\nb,2,3.5\nc,3,4.5\nd,x\n';
  const { ids, status } = await load('report.csv', file);
  expect(status).toMatchObject({ state: 'ready', inputRows: 7, loadedRows: 3, quarantinedRows: 4 });
  expect(status.notes[0]).toContain('table 1 on lines 1 to 3, table 2 on lines 5 to 9');
  expect((await tableOf(ids)).columns).toEqual(['product text', 'units bigint', 'price double precision']);

  const { versionId } = await harness.act<{ versionId: string }>('datasets.reload', {
    datasetId: ids.datasetId,
    options: { table: 1 },
  });
  const other = { ...ids, versionId };
  expect(await harness.ended(other)).toMatchObject({ state: 'ready', inputRows: 7, loadedRows: 2, quarantinedRows: 5 });
  expect(await tableOf(other)).toEqual({
    columns: ['region text', 'sales bigint'],
    rows: [
      ['north', 1],
      ['south', 2],
    ],
  });
  const { items } = await harness.act<{ items: { line: number; raw: string; reason: string }[] }>(
    'datasets.quarantine',
    { datasetId: ids.datasetId },
  );
  expect(items.map(({ line, raw }) => [line, raw])).toEqual([
    [5, 'product,units,price'],
    [6, 'a,1,2.5'],
    [7, 'b,2,3.5'],
    [8, 'c,3,4.5'],
    [9, 'd,x'],
  ]);
  expect(items[0]?.reason).toBe('it belongs to table 2 of the file (lines 5 to 9), and table 1 was read');
});

test('what a user must choose or has wrongly said ends the load with words for them, and nothing is half loaded', async () => {
  const several = '{"a":[{"x":1}],"b":{"c":[{"y":2}]}}';
  expect((await load('a.json', several)).status).toMatchObject({
    state: 'failed',
    error: { kind: 'choice_needed', message: expect.stringContaining('/a (1), /b/c (1)') },
  });
  const { ids, status } = await load('a.json', several, { path: '/b/c' });
  expect([status.state, (await tableOf(ids)).rows]).toEqual(['ready', [[2]]]);
  expect((await load('b.json', '{"a":[{"x":1},{"x":2}],"b":', { path: '/a' })).status).toMatchObject({
    state: 'failed',
    error: { kind: 'corrupt' },
  });
  expect((await load('c.json', '[{"x":1}]', { delimiter: ',', path: '' })).status).toMatchObject({
    state: 'failed',
    error: { kind: 'bad_options', message: 'The option path does not apply to delimited text, which this file is.' },
  });
  const { rows } = await owner.query(
    `select count(*)::int as rows from dataset_loads where state = 'failed' and loaded_rows > 0`,
  );
  expect(rows).toEqual([{ rows: 0 }]);
});

test('rows of a chosen table go into others, and one that may not is found again by its line and text', async () => {
  const { ids } = await load('sales.csv', 'region,sales\nnorth,1\n');
  const report =
    'product,units,price\na,1,2.5\nb,2,3.5\nc,3,4.5\n\nregion,sales\nnorth,7\nsouth,2\nsouth,3\n\nx,y,z\na,1,2\nb,3,4\n';
  const { versionId } = await harness.requestLoad('report.csv', report, ids.datasetId, { table: 2 }, { mode: 'upsert', keyColumns: ['region'] }); // biome-ignore format: one line
  const status = await harness.ended({ ...ids, versionId });
  expect(status).toMatchObject({ state: 'ready', inputRows: 10, loadedRows: 1 });
  expect((await tableOf(ids)).rows).toEqual([['north', 7]]);
  const { rows } = await owner.query('select line, raw from quarantined_rows where version_id = $1 order by line', [versionId]); // biome-ignore format: one line
  expect(rows.map(({ line, raw }) => `${line} ${raw}`)).toEqual(expect.arrayContaining(['8 south,2', '9 south,3']));
  expect(rows).toHaveLength(9);
});

test('an option that does not exist is refused by its name before anything is kept', async () => {
  for (const options of [
    { delimeter: ';' },
    { columns: { a: { nullValue: [] } } },
    { widths: [[5, 4]] },
    { path: 'data' },
    { names: ['a\0'] },
    { path: '/\ud800' },
    { delimiter: '\0' },
    { types: { '\0': 'text' } },
  ]) {
    await expect(harness.act('datasets.create', { name: 'never', options })).rejects.toMatchObject({ kind: 'invalid' });
  }
  await expect(harness.act('datasets.create', { name: 'never', options: { delimeter: ';' } })).rejects.toThrow(
    /delimeter/,
  );
});

test('options that another program stored, and that mean nothing here, end the load with a word', async () => {
  worker.child.kill('SIGSTOP');
  const ids = await harness.requestLoad('a.csv', csv);
  await owner.query(`update dataset_versions set options = '{"delimeter":";"}' where id = $1`, [ids.versionId]);
  worker.child.kill('SIGCONT');
  expect(await harness.ended(ids)).toMatchObject({
    state: 'failed',
    error: { kind: 'bad_options', message: expect.stringContaining('"delimeter"') },
  });
});
