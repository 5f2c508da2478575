import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createTestDatabase } from '@granary/db/testing';
import type { Load, ReadingOptions } from '@granary/domain';
import { writeXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const lines = (...rows: string[]) => [...rows, ''].join('\n');

let harness: LoadHarness;
beforeAll(async () => {
  harness = await createLoadHarness(
    database.pool('postgres'),
    database.pool('granary_api'),
    database.url('granary_worker'),
  );
  harness.startWorker();
});
afterAll(() => harness.close());

interface Replay {
  readonly id: string;
  readonly state: string;
  readonly replayed: number | null;
  readonly refused: number | null;
}
interface Quarantined {
  readonly number: number;
  readonly raw: string;
  readonly reason: string;
  readonly column: string | null;
}

async function ended<T extends { state: string }>(look: () => Promise<T>): Promise<T> {
  await expect.poll(async () => (await look()).state, { interval: 50 }).toBeOneOf(['ready', 'failed']);
  return look();
}

/** A loaded file, and what may be done about its quarantine. */
async function load(fileName: string, content: Buffer | string, options: ReadingOptions = {}) {
  const ids = await harness.requestLoad(fileName, content, undefined, options);
  const { datasetId } = ids;
  const delivery = { datasetId, version: 1 };
  const status = () => harness.status(ids);
  const loaded: Load = await ended(status);
  return {
    loaded,
    correct: (...corrections: [number: number, text: string][]) =>
      harness.act('datasets.correctQuarantine', {
        ...delivery,
        corrections: corrections.map(([number, text]) => ({ number, text })),
      }),
    async replay(request: object = {}) {
      const { id: replayId } = await harness.act<Replay>('datasets.replayQuarantine', { ...delivery, ...request });
      return ended(() => harness.act<Replay>('datasets.replayStatus', { datasetId, replayId }));
    },
    rows: async () => (await harness.act<{ rows: unknown[][] }>('datasets.rows', { datasetId, limit: 100 })).rows,
    quarantine: async () => (await harness.act<{ items: Quarantined[] }>('datasets.quarantine', delivery)).items,
    async account() {
      const { inputRows, loadedRows, quarantinedRows } = await status();
      return [inputRows, loadedRows, quarantinedRows];
    },
  };
}

describe('a replay of rows of fixed width', () => {
  test('reads them by the layout that the load found, and moves the account', async () => {
    const file = await load(
      'people.txt',
      lines(
        'code  height        born',
        '007     1.65  1915-12-10',
        '042           1906-12-09',
        '043     1.70  1910-01-01',
        '044     1.80  1911-01-01',
        '045     1.75  1912-01-01',
        '046     tall  1913-01-01',
        '047     1.60  1914-13-01',
      ),
      { types: { height: 'double precision', born: 'date' } },
    );
    expect(file.loaded.notes[0]).toContain('it was read as a file of fixed width');
    expect(await file.account()).toEqual([7, 5, 2]);
    await file.correct([1, '046     1.85  1913-01-01'], [2, '047 x   1.60  1914-12-01']);
    expect(await file.replay()).toMatchObject({ state: 'ready', replayed: 1, refused: 1 });
    expect((await file.rows()).at(-1)).toEqual(['046', 1.85, '1913-01-01']);
    expect(await file.quarantine()).toMatchObject([
      { number: 2, reason: 'something stands outside of the columns, at character 5' },
    ]);
    expect(await file.account()).toEqual([7, 6, 1]);
  });

  test('given as widths refuses what stands outside of them, as the load did', async () => {
    const file = await load(
      'people.txt',
      lines('001 Zoë, "Z"  36', '002 Łucja     41', '003 Eve       9 x', '004 Don', '005 Tim       old'),
      { widths: [4, 10, 2], names: ['id', 'name', 'age'], types: { age: 'bigint' } },
    );
    expect(await file.account()).toEqual([5, 2, 3]);
    await file.correct([1, '003 Ève, "E"  9'], [2, '004 Don       50 and more'], [3, '005 Tim   ']);
    expect(await file.replay()).toMatchObject({ state: 'ready', replayed: 1, refused: 2 });
    expect(await file.rows()).toEqual([
      ['001', 'Zoë, "Z"', 36],
      ['002', 'Łucja', 41],
      ['003', 'Ève, "E"', 9],
    ]);
    expect((await file.quarantine()).map(({ number, reason }) => [number, reason])).toEqual([
      [2, 'something stands outside of the columns, at character 18'],
      [3, 'it has 10 characters, and its last column begins with character 15'],
    ]);
    expect(await file.account()).toEqual([5, 3, 2]);
    await file.correct([2, '004 Don       50'], [3, '005 Tim        7\n']);
    expect(await file.replay()).toMatchObject({ replayed: 2, refused: 0 });
    expect(await file.account()).toEqual([5, 5, 0]);
    expect((await file.rows()).slice(3)).toEqual([
      ['004', 'Don', 50],
      ['005', 'Tim', 7],
    ]);
  });

  test('of picked columns leaves out what stands between them, and pads where the load did', async () => {
    const widths: [number, number | null][] = [[2, 5], [7, null]]; // biome-ignore format: one line
    const file = await load('codes.txt', lines('A1990x12', 'B1991y13', 'Cyearz14', 'Dlastz15'), {
      widths,
      names: ['year', 'n'],
      types: { year: 'bigint', n: 'text' },
      ragged: 'pad',
    });
    expect(await file.account()).toEqual([4, 2, 2]);
    await file.correct([1, 'C1992z14 and more'], [2, '      ']);
    expect(await file.replay()).toMatchObject({ replayed: 1, refused: 1 });
    expect(await file.quarantine()).toMatchObject([{ number: 2, reason: 'it is empty' }]);
    await file.correct([2, ' 1993']);
    expect(await file.replay()).toMatchObject({ replayed: 1, refused: 0 });
    expect(await file.rows()).toEqual([
      [1990, '12'],
      [1991, '13'],
      [1992, '14 and more'],
      [1993, null],
    ]);
  });
});

describe('a replay of a file with several tables', () => {
  const sales = [
    ['region', 'sales'],
    ['north', '1'],
    ['south', '2'],
    ['east', '3', 'x'],
  ];
  const others = [
    ['product', 'units'],
    ['a', '1'],
    ['b', '2'],
  ];
  const inLines = (rows: string[][]) => rows.map((row) => row.join(','));

  test('takes what was corrected, and no row of another table that nobody corrected, though it would fit', async () => {
    const file = await load('report.csv', lines(...inLines(sales), '', ...inLines(others)), { table: 1 });
    expect(await file.account()).toEqual([6, 2, 4]);
    await file.correct([1, 'east,3'], [3, 'west,4']);
    expect(await file.replay({ rows: 'all' })).toMatchObject({ replayed: 2, refused: 2 });
    expect(await file.rows()).toEqual([
      ['north', 1],
      ['south', 2],
      ['east', 3],
      ['west', 4],
    ]);
    expect((await file.quarantine()).map(({ raw, reason }) => [raw, reason])).toEqual([
      ['product,units', 'it belongs to table 2 of the file (lines 6 to 8), and table 1 was read'],
      ['b,2', 'it belongs to table 2 of the file (lines 6 to 8), and table 1 was read'],
    ]);
    expect(await file.account()).toEqual([6, 4, 2]);
  });

  test('reads the second one by its own columns', async () => {
    const file = await load('report.csv', lines(...inLines(others), '', ...inLines(sales)), { table: 2 });
    expect(await file.account()).toEqual([6, 2, 4]);
    const number = (await file.quarantine()).find(({ raw }) => raw === 'east,3,x')?.number ?? 0;
    await file.correct([number, 'east,3']);
    expect(await file.replay()).toMatchObject({ replayed: 1, refused: 0 });
    expect((await file.rows()).at(-1)).toEqual(['east', 3]);
    expect(await file.account()).toEqual([6, 3, 3]);
  });

  test('does so for a sheet of a workbook', async () => {
    const rows = [...sales.slice(0, 3), ['east', '3.5'], [], ...others];
    const workbook = await writeXlsx({ sheets: [{ name: 'Report', rows }] });
    const file = await load('report.xlsx', Buffer.from(workbook), { table: 1, types: { sales: 'bigint' } });
    expect(await file.account()).toEqual([6, 2, 4]);
    await file.correct([1, 'east,3']);
    expect(await file.replay({ rows: 'all' })).toMatchObject({ replayed: 1, refused: 3 });
    expect((await file.rows()).at(-1)).toEqual(['east', 3]);
    expect(await file.account()).toEqual([6, 3, 3]);
  });
});

describe('a replay of a JSON file', () => {
  test('whose rows stand at a path reads objects with the keys of that array', async () => {
    const people = [{ id: 1, name: 'Ada' }, { id: 'two', name: 'Grace' }, { id: 'three', name: 'Eve' }]; // biome-ignore format: one line
    const content = JSON.stringify({ meta: [{ total: 3 }], data: { people } }, null, 2);
    const file = await load('people.json', content, { path: '/data/people', types: { id: 'bigint' } });
    expect(await file.account()).toEqual([3, 1, 2]);
    const [first] = await file.quarantine();
    await file.correct([1, first!.raw.replace('"two"', '2')], [2, '{"total": 3}']);
    expect(await file.replay()).toMatchObject({ replayed: 1, refused: 1 });
    expect(await file.rows()).toEqual([
      [1, 'Ada'],
      [2, 'Grace'],
    ]);
    expect(await file.quarantine()).toMatchObject([{ number: 2, reason: 'no row of the file has the key "total"' }]);
    expect(await file.account()).toEqual([3, 2, 1]);
  });

  test('of GeoJSON reads features', async () => {
    const feature = (id: number, rest = '') =>
      `{"type":"Feature","id":${id},"geometry":{"type":"Point","coordinates":[${id},1]},"properties":{"n":${id}}${rest}}`;
    const file = await load(
      'places.geojson',
      `{"type":"FeatureCollection","features":[${feature(1)},${feature(2)},${feature(3, ',"id":4')}]}`,
    );
    expect(await file.account()).toEqual([3, 2, 1]);
    await file.correct([1, feature(3)]);
    expect(await file.replay()).toMatchObject({ replayed: 1, refused: 0 });
    expect((await file.rows()).at(-1)).toEqual(['Feature', 3, { type: 'Point', coordinates: [3, 1] }, { n: 3 }]);
    expect(await file.account()).toEqual([3, 3, 0]);
  });
});

test('rows of a Parquet file are neither corrected nor replayed, and it is said why and what to do', async () => {
  const target = path.join(harness.workDirectory, 'codes.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const duck = await instance.connect();
  await duck.run(`copy (select * from (values ('1'), ('two')) t(code)) to '${target}' (format parquet)`);
  duck.closeSync();
  instance.closeSync();
  const file = await load('codes.parquet', await readFile(target), { types: { code: 'bigint' } });
  await rm(target);
  expect(await file.account()).toEqual([2, 1, 1]);
  const refusal = {
    kind: 'precondition',
    message:
      'a Parquet file is binary: its rows have no text to correct or to read again; load a corrected file instead, for example with append',
    details: { reason: 'format', format: 'parquet' },
  };
  await expect(file.correct([1, '2'])).rejects.toMatchObject(refusal);
  await expect(file.replay({ rows: 'all' })).rejects.toMatchObject(refusal);
  expect(await file.account()).toEqual([2, 1, 1]);
});
