import { createTestDatabase } from '@granary/db/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLoadHarness, type LoadHarness, type LoadIds } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const lines = (...rows: string[]) => [...rows, ''].join('\n');
const people = lines('id,name,born', '1,Ada,1815-12-10', '2,Grace,1906-12-09', '3,Edsger,1930-05-11');

let harness: LoadHarness;
beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
  harness.startWorker();
});
afterAll(() => harness.close());

const ended = async (ids: LoadIds) => {
  const load = await harness.ended(ids);
  if (load.state === 'ready') expect(load.inputRows).toBe((load.loadedRows ?? 0) + (load.quarantinedRows ?? 0));
  return load;
};
const load = async (content: string, datasetId?: string, delivery?: Parameters<LoadHarness['requestLoad']>[4]) => {
  const ids = await harness.requestLoad('people.csv', content, datasetId, {}, delivery);
  return { ...ids, load: await ended(ids) };
};
interface Page {
  readonly version: number;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rowIds: readonly number[];
  readonly rows: readonly (readonly unknown[])[];
}
const rowsOf = (datasetId: string) => harness.act<Page>('datasets.rows', { datasetId });
const quarantineOf = async (datasetId: string, version: number) =>
  (await harness.act<{ items: unknown[] }>('datasets.quarantine', { datasetId, version })).items;
const changeSets = async (datasetId: string) =>
  (
    await owner.query(
      `select kind, number, inserted::int, updated::int, first_rowid::int as first, last_rowid::int as last, source_version_id as source
       from dataset_change_sets where dataset_id = $1 order by number`,
      [datasetId],
    )
  ).rows;
const tables = async () =>
  (
    await owner.query(
      `select count(*)::int as n from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'`,
    )
  ).rows[0].n;

describe('an append', () => {
  test('adds its rows to the version that is current, as one change set, and leaves no table behind', async () => {
    const { datasetId } = await load(people);
    const before = await tables();
    const { versionId, load: appended } = await load(lines('name,id', 'Barbara,4', 'Donald,5'), datasetId, {
      mode: 'append',
    });
    expect(appended).toMatchObject({ state: 'ready', inputRows: 2, loadedRows: 2, quarantinedRows: 0, version: 2 });
    const page = await rowsOf(datasetId);
    expect(page.version).toBe(1);
    expect(page.rowIds).toEqual([1, 2, 3, 4, 5]);
    expect(page.rows.slice(3)).toEqual([
      [4, 'Barbara', null],
      [5, 'Donald', null],
    ]);
    expect(await changeSets(datasetId)).toEqual([
      { kind: 'append', number: 1, inserted: 2, updated: 0, first: 4, last: 5, source: versionId },
    ]);
    expect(await tables()).toBe(before);
    const versions = await harness.act<{ items: object[] }>('datasets.versions', { datasetId });
    expect(versions.items).toMatchObject([
      { number: 2, state: 'merged', rows: 2 },
      { number: 1, state: 'ready', rows: 5 },
    ]);
  });

  test('of a file with a column more is refused, unless rows with a value there are to be set apart', async () => {
    const { datasetId } = await load(people);
    const content = lines('id,name,note', '4,"Barbara",', '5,"Donald ""Don""",wrote a book', '6,Tony,');
    expect((await load(content, datasetId, { mode: 'append' })).load).toMatchObject({
      state: 'failed',
      error: { kind: 'invalid', message: expect.stringMatching(/^the dataset has no column note: say newColumns add/) },
    });
    const { load: appended } = await load(content, datasetId, { mode: 'append', newColumns: 'quarantine' });
    expect(appended).toMatchObject({ state: 'ready', inputRows: 3, loadedRows: 2, quarantinedRows: 1 });
    expect(await quarantineOf(datasetId, 3)).toMatchObject([
      {
        line: 3,
        byteOffset: 26,
        raw: '5,"Donald ""Don""",wrote a book',
        reason: 'the dataset has no column note',
        column: 'note',
      },
    ]);
    expect((await rowsOf(datasetId)).rows.map(([id]) => id)).toEqual([1, 2, 3, 4, 6]);
  });

  test('sets a row apart whose value is not of the type that the dataset has, with its column and why', async () => {
    const { datasetId } = await load(people);
    const { load: appended } = await load(
      lines('name,id,born', 'Barbara,4,1939-11-07', 'Donald,five,1938-01-10', '42,6,7/11/1940'),
      datasetId,
      { mode: 'append' },
    );
    expect(appended).toMatchObject({ state: 'ready', inputRows: 3, loadedRows: 1, quarantinedRows: 2 });
    expect(await quarantineOf(datasetId, 2)).toMatchObject([
      { line: 3, raw: 'Donald,five,1938-01-10', reason: expect.stringContaining('whole number'), column: 'id' },
      { line: 4, raw: '42,6,7/11/1940', reason: expect.stringContaining('day and month'), column: 'born' },
    ]);
    expect((await rowsOf(datasetId)).rows.slice(3)).toEqual([[4, 'Barbara', '1939-11-07']]);
  });

  test('takes values of a narrower type as they are written, and dates as the whole column decides', async () => {
    const { datasetId } = await load(lines('code,price,born', 'x1,1.5,1815-12-10'));
    const { load: appended } = await load(lines('code,price,born', '007,2,25/12/1906', '8,3,03/04/1907'), datasetId, {
      mode: 'append',
    });
    expect(appended).toMatchObject({ state: 'ready', loadedRows: 2, quarantinedRows: 0 });
    expect((await rowsOf(datasetId)).rows.slice(1)).toEqual([
      ['007', 2, '1906-12-25'],
      ['8', 3, '1907-04-03'],
    ]);
  });

  test('may bring columns: they go into a copy that is current from then on, and the former version stays as it was', async () => {
    const { datasetId } = await load(people);
    const content = lines('id,note,name,score,empty', '4,wrote a book,Barbara,1.5,', '5,,Donald,,');
    const { load: appended } = await load(content, datasetId, { mode: 'append', newColumns: 'add' });
    expect(appended).toMatchObject({ state: 'ready', loadedRows: 2, quarantinedRows: 0 });
    const page = await rowsOf(datasetId);
    expect(page.version).toBe(3);
    expect(page.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id bigint',
      'name text',
      'born date',
      'note text',
      'score double precision',
    ]);
    expect(page.rows.slice(2)).toEqual([
      [3, 'Edsger', '1930-05-11', null, null],
      [4, 'Barbara', null, 'wrote a book', 1.5],
      [5, 'Donald', null, null, null],
    ]);
    const filter = { column: 'note', op: 'eq', value: 'wrote a book' };
    expect((await harness.act<Page>('datasets.rows', { datasetId, filter })).rowIds).toEqual([4]);
    const former = await harness.act<Page>('datasets.rows', { datasetId, version: 1 });
    expect([former.rows.length, former.columns.length]).toEqual([3, 3]);
    const set = { note: 'changed' };
    await harness.act('datasets.updateRow', { datasetId, rowId: 1, version: 3, revision: 0, set });
  });

  test('of a file without rows adds none, and is no failure', async () => {
    const { datasetId } = await load(people);
    const { load: appended } = await load('id,name\n', datasetId, { mode: 'append' });
    expect(appended).toMatchObject({ state: 'ready', inputRows: 0, loadedRows: 0 });
    expect((await rowsOf(datasetId)).rows).toHaveLength(3);
  });

  test('is refused where the user says that a column is of another type than in the dataset', async () => {
    const { datasetId } = await load(people);
    const ids = await harness.requestLoad(
      'people.csv',
      lines('id', '4'),
      datasetId,
      { types: { id: 'text' } },
      { mode: 'append' },
    );
    expect(await ended(ids)).toMatchObject({
      state: 'failed',
      error: { kind: 'invalid', message: 'id is bigint in the dataset: the file cannot be read as text' },
    });
  });

  test.for([
    ['nothing in common', lines('other,things', '1,2'), 'no column in common'],
    ['no value of the right type', lines('id,name', 'x1,Barbara', 'x2,Donald'), '"x1" is no whole number'],
    ['no row that fits', lines('id,name,note', '4,Barbara,x', '5,Donald,y'), 'no row of the file fits'],
  ] as const)('of a file with %s fails clearly and changes nothing', async ([, content, message]) => {
    const { datasetId } = await load(people);
    const before = await tables();
    const { load: appended } = await load(content, datasetId, { mode: 'append', newColumns: 'quarantine' });
    expect(appended).toMatchObject({
      state: 'failed',
      error: { kind: 'invalid', message: expect.stringContaining(message) },
    });
    expect((await rowsOf(datasetId)).rows).toHaveLength(3);
    expect(await changeSets(datasetId)).toEqual([]);
    expect(await tables()).toBe(before);
  });
});

describe('an upsert', () => {
  test('changes the rows that have its keys, adds the others, and keeps what the cells were', async () => {
    const { datasetId } = await load(people);
    const { load: upserted } = await load(lines('id,name', '2,Grace Hopper', '3,Edsger', '4,Barbara'), datasetId, {
      mode: 'upsert',
      keyColumns: ['id'],
    });
    expect(upserted).toMatchObject({ state: 'ready', inputRows: 3, loadedRows: 3, quarantinedRows: 0 });
    expect((await rowsOf(datasetId)).rows).toEqual([
      [1, 'Ada', '1815-12-10'],
      [2, 'Grace Hopper', '1906-12-09'],
      [3, 'Edsger', '1930-05-11'],
      [4, 'Barbara', null],
    ]);
    expect(await changeSets(datasetId)).toMatchObject([{ kind: 'upsert', inserted: 1, updated: 1 }]);
    const { rows } = await owner.query(
      'select rowid::int, before, after from dataset_row_changes where dataset_id = $1',
      [datasetId],
    );
    expect(rows).toEqual([{ rowid: 2, before: { name: 'Grace' }, after: { name: 'Grace Hopper' } }]);
  });

  test('sets rows apart that have no key or the key of another row of the file: no row wins by chance', async () => {
    const { datasetId } = await load(people);
    const { load: upserted } = await load(
      lines('id,name', '2,Grace H.', '2,Grace B. M.', ',Nobody', '4,Barbara'),
      datasetId,
      { mode: 'upsert', keyColumns: ['id'] },
    );
    expect(upserted).toMatchObject({ state: 'ready', inputRows: 4, loadedRows: 1, quarantinedRows: 3 });
    expect(await quarantineOf(datasetId, 2)).toMatchObject([
      { line: 2, raw: '2,Grace H.', reason: 'other rows of the file have the same key', column: 'id' },
      { line: 3, raw: '2,Grace B. M.', reason: 'other rows of the file have the same key', column: 'id' },
      { line: 4, raw: ',Nobody', reason: 'its key is empty', column: 'id' },
    ]);
    expect((await rowsOf(datasetId)).rows.map(([, name]) => name)).toEqual(['Ada', 'Grace', 'Edsger', 'Barbara']);
  });

  test('by several columns needs all of them in the file, and a value in each', async () => {
    const { datasetId } = await load(lines('site,id,age', 'a,1,10', 'a,2,20', 'b,1,30'));
    const keyed = { mode: 'upsert' as const, keyColumns: ['site', 'id'] };
    expect((await load(lines('id,age', '1,11'), datasetId, keyed)).load).toMatchObject({
      state: 'failed',
      error: { kind: 'invalid', message: 'the file has no column site, which is a key' },
    });
    const { load: upserted } = await load(lines('id,site,age', '1,b,31', ',a,99', 'x,a,5', '3,b,40'), datasetId, keyed);
    expect(upserted).toMatchObject({ state: 'ready', inputRows: 4, loadedRows: 2, quarantinedRows: 2 });
    expect(await quarantineOf(datasetId, 3)).toMatchObject([
      { line: 4, column: 'id', reason: expect.stringContaining('"x" is no whole number') },
      { line: 3, column: 'id', reason: 'its key is empty' },
    ]);
    expect((await rowsOf(datasetId)).rows).toEqual([
      ['a', 1, 10],
      ['a', 2, 20],
      ['b', 1, 31],
      ['b', 3, 40],
    ]);
  });

  test('fails where the dataset has several rows with a key of the file', async () => {
    const { datasetId } = await load(lines('id,name', '1,Ada', '1,Ada again', '2,Grace'));
    const { load: upserted } = await load(lines('id,name', '1,Countess'), datasetId, {
      mode: 'upsert',
      keyColumns: ['id'],
    });
    expect(upserted).toMatchObject({
      state: 'failed',
      error: { kind: 'precondition', message: expect.stringContaining('same key') },
    });
  });
});

test('two files that are appended at the same time are both there, in a change set each', async () => {
  const { datasetId } = await load('id,name\n1,Ann\n');
  harness.startWorker(); // one worker takes one file at a time
  const append = (content: string) => load(content, datasetId, { mode: 'append' });
  const loads = await Promise.all([append('id,name\n2,Ben\n'), append('id,name\n3,Cy\n4,Di\n')]);
  expect(loads.map((each) => each.load.state)).toEqual(['ready', 'ready']);
  const { rows } = await rowsOf(datasetId);
  expect(rows.map(([id]) => id).sort()).toEqual([1, 2, 3, 4]);
  const sets = await harness.act<{ items: { number: number; inserted: number }[] }>('datasets.changes', { datasetId });
  expect(sets.items.map(({ inserted }) => inserted).sort()).toEqual([1, 2]);
  expect(sets.items.map(({ number }) => number)).toEqual([2, 1]);
});

test('the same original under the same options gives the same rows again, and other options other ones', async () => {
  const { datasetId, versionId } = await load('id,name\n007,Ann\n008,"B, en"\n');
  const digestOf = async (id: string) => {
    const { rows } = await owner.query('select content_sha256 as digest from dataset_versions where id = $1', [id]);
    return rows[0]?.digest;
  };
  const again = async (options: object) => {
    const ids = await harness.act<{ versionId: string }>('datasets.reload', { datasetId, version: 1, options });
    expect((await ended({ datasetId, versionId: ids.versionId })).state).toBe('ready');
    return digestOf(ids.versionId);
  };
  const first = await digestOf(versionId);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(await again({})).toBe(first);
  expect(await again({ hasHeader: false })).not.toBe(first);
});

describe('a plan that has no room for the rows', () => {
  const limitRows = (most: number) =>
    owner.query(
      `insert into entitlement_overrides (tenant_id, entitlement, value, reason)
       select $1, 'rows', app.usage_of($1, 'rows') + $2, 'test'`,
      [harness.identity.tenantId, most],
    );
  afterEach(() => owner.query('delete from entitlement_overrides'));

  test.each(['replace', 'append'] as const)('ends a load (%s) that says so, and keeps nothing of it', async (mode) => {
    const { datasetId } = await load(people);
    const before = await tables();
    await limitRows(2);
    const { load: refused } = await load(people, datasetId, mode === 'replace' ? undefined : { mode });
    expect(refused).toMatchObject({
      state: 'failed',
      error: { kind: 'limit_reached', message: expect.stringMatching(/^the organization has a limit of \d+ rows/) },
    });
    expect((await rowsOf(datasetId)).rowIds).toEqual([1, 2, 3]);
    expect(await tables()).toBe(before);
  });
});
