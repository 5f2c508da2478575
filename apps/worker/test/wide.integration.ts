import { once } from 'node:events';
import { createDatabase } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import { CatalogueMemory, exportRows } from '@granary/domain';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');

const columns = 6_000;
const rows = 40;
const names = Array.from({ length: columns }, (_, index) => `c${index}`);
/** A number, a text with what CSV quotes, an empty cell or a date; every third row has none of the last. */
const cell = (row: number, column: number): string | number | null => {
  switch (column % 4) {
    case 0:
      return row * 1_000_003 + column;
    case 1:
      return `"${row}",\n${column}`;
    case 2:
      return (row + column) % 5 === 0 ? null : `t${column}`;
    default:
      return row % 3 === 0 ? null : `2026-0${(column % 9) + 1}-${String(row % 28).padStart(2, '0')}`;
  }
};
const written = (value: string | number | null) =>
  value === null
    ? ''
    : typeof value === 'string' && value.includes('"')
      ? `"${value.replaceAll('"', '""')}"`
      : String(value);
const table = Array.from({ length: rows }, (_, row) => names.map((_name, column) => cell(row + 1, column)));
const csv = [names, ...table.map((row) => row.map(written))].map((row) => row.join(',')).join('\n');

interface Page {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly nextCursor: string | null;
}

let harness: LoadHarness;
let datasetId = '';
let worker: ReturnType<LoadHarness['startWorker']>;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
  worker = harness.startWorker();
  // a row that does not fit, so that another pass writes a clean copy first
  const ids = await harness.requestLoad('wide.csv', `${csv}\nshort,row\n`);
  ({ datasetId } = ids);
  const load = await vi.waitUntil(
    async () => {
      const status = await harness.status(ids);
      return ['ready', 'failed'].includes(status.state) && status;
    },
    { interval: 50, timeout: 300_000 },
  );
  expect(load).toMatchObject({ state: 'ready', inputRows: rows + 1, loadedRows: rows, quarantinedRows: 1 });
});
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await once(worker.child, 'exit');
  await harness.close();
});

const read = (input: object) => harness.act<Page>('datasets.rows', { datasetId, ...input });

test('every cell of a table of thousands of columns comes back, whatever tables it lies in', async () => {
  const page = await read({ limit: 1000 });
  expect(page.columns.map(({ name }) => name)).toEqual(names);
  expect(page.rows).toEqual(table);
});

test('some columns from all over the table come in the order asked for, by any of them, with a filter on another', async () => {
  const chosen = [5_999, 3, 0, 2_402, 4_444];
  const wanted = {
    columns: chosen.map((index) => `c${index}`),
    filter: { column: 'c1200', op: 'lte', value: 30 * 1_000_003 + 1200 },
  };
  const expected = table.slice(0, 30).map((row) => chosen.map((index) => row[index]));
  expect((await read({ ...wanted, limit: 1000 })).rows).toEqual(expected);

  await harness.act('datasets.index', { datasetId, column: 'c5996' });
  await expect
    .poll(async () => (await harness.act<{ state: string }[]>('datasets.indexes', { datasetId }))[0]?.state, {
      timeout: 600_000,
    })
    .toBe('ready');
  const paged: (readonly unknown[])[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await read({
      ...wanted,
      order: [{ column: 'c5996', direction: 'desc' }],
      limit: 7,
      ...(cursor && { cursor }),
    });
    paged.push(...page.rows);
    cursor = page.nextCursor;
  }
  expect(paged).toEqual(expected.toReversed());
});

test('an export has them all', async () => {
  const dependencies = {
    database: createDatabase(database.pool('granary_api'), { prepared: true }),
    catalogue: new CatalogueMemory(),
  };
  const exported: (string | null)[][] = [];
  const { pages } = await exportRows(dependencies, harness.identity, { datasetId });
  for await (const page of pages) exported.push(...page);
  expect(exported).toEqual(table.map((row) => row.map((value) => (value === null ? null : String(value)))));
});
