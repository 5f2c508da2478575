import { createTestDatabase } from '@granary/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLoadHarness, type LoadHarness, type LoadIds } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
let harness: LoadHarness;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
  const worker = harness.startWorker();
  await worker.said('ready');
});
afterAll(async () => {
  await harness.close();
});

interface Page {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}
const rowsOf = ({ datasetId }: LoadIds) => harness.act<Page>('datasets.rows', { datasetId, limit: 10 });

const file = 'id,age,seen,weight\n001,34,03/04/2020,"71,5"\n002,?,05/06/2020,"60,0"\n003,old,07/08/2020,"1.080,25"\n';

test('what a user says of nulls, types, dates and numbers decides what stands in Postgres, and is accounted for', {
  timeout: 600_000,
}, async () => {
  const ids = await harness.requestLoad('patients.csv', file, undefined, {
    types: { id: 'bigint', age: 'bigint', seen: 'date', weight: 'numeric' },
    dateOrder: 'day-month-year',
    columns: { weight: { decimalSeparator: ',' }, age: { nullValues: ['?'] } },
  });
  expect(await harness.ended(ids)).toMatchObject({
    state: 'ready',
    inputRows: 3,
    loadedRows: 2,
    quarantinedRows: 1,
    notes: ['Column age: read as NULL: "?" once (first on line 3).'],
  });
  expect(await rowsOf(ids)).toMatchObject({
    rows: [
      [1, 34, '2020-04-03', '71.5'],
      [2, null, '2020-06-05', '60.0'],
    ],
  });
  expect(await harness.act('datasets.quarantine', { datasetId: ids.datasetId })).toMatchObject({
    items: [
      {
        line: 4,
        raw: '003,old,07/08/2020,"1.080,25"',
        column: 'age',
        reason: '"old" is no whole number, and the column is to be bigint',
      },
    ],
  });
});

test('without a word, well-known spellings of nothing are NULL where they alone keep a column from its type', {
  timeout: 600_000,
}, async () => {
  const ids = await harness.requestLoad('heart.data.csv', 'age,chol,code\n63,233,a\n67,?,?\n41,204,b\n');
  await harness.ended(ids);
  const { columns, rows } = await rowsOf(ids);
  expect(columns.map(({ type }) => type)).toEqual(['bigint', 'bigint', 'text']);
  expect(rows).toEqual([
    [63, 233, 'a'],
    [67, null, '?'],
    [41, 204, 'b'],
  ]);
  const { rows: evidence } = await owner.query(
    `select name, evidence->'nullSpellings' as spellings from dataset_columns where version_id = $1 and name <> 'age' order by position`,
    [ids.versionId],
  );
  expect(evidence).toEqual([
    { name: 'chol', spellings: [{ value: '?', count: 1, line: 3, applied: true }] },
    { name: 'code', spellings: [{ value: '?', count: 1, line: 3, applied: false }] },
  ]);
});

test('a load that names a column which is not there ends with an error for its user', {
  timeout: 600_000,
}, async () => {
  const ids = await harness.requestLoad('a.csv', file, undefined, { types: { weigth: 'numeric' } });
  expect(await harness.ended(ids)).toMatchObject({
    state: 'failed',
    error: {
      kind: 'bad_options',
      message: 'There is no column "weigth" in the file. Its columns are id, age, seen, weight.',
    },
  });
});

test('options that mean nothing are refused before anything is loaded', async () => {
  for (const options of [
    { encoding: 'latin-99' },
    { types: { a: 'varchar' } },
    { nullValues: ['\0'] },
    { headerRows: -1 },
  ]) {
    const input = { name: 'never', options };
    await expect(harness.act('datasets.create', input)).rejects.toMatchObject({ kind: 'invalid' });
  }
});
