import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dependenciesOf } from '../../isolation/populate.ts';
import { createDatasetCaller } from '../../testing/dataset-caller.ts';
import { publishVersion } from '../../testing/publish-version.ts';
import { diffVersions } from './diff-versions.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as } = await createTestOrganization(owner, 'ours');
const theirs = await createTestOrganization(owner, 'theirs');
const { call, newDataset } = createDatasetCaller(dependenciesOf(database), owner, as.editor);

const columns = [
  { name: 'k', type: 'bigint' },
  { name: 't', type: 'text' },
  { name: 'd', type: 'double precision' },
  { name: 'j', type: 'jsonb' },
] as const;
type Row = readonly [string, string | null, string | null, string | null];
const row = (k: fc.Arbitrary<string>): fc.Arbitrary<Row> =>
  fc.tuple(
    k,
    fc.constantFrom('a', '', 'null', null),
    fc.constantFrom('NaN', '1', 'Infinity', null),
    fc.constantFrom('{"a": 1}', '[]', 'null', null),
  );
const key = fc.integer({ min: 1, max: 9 }).map(String);
const keyed = fc.uniqueArray(row(key), { selector: ([k]) => k, maxLength: 7 });
const bag = fc.array(row(fc.constantFrom('1', '2')), { maxLength: 7 });

let count = 0;
async function twoVersions(before: readonly Row[], after: readonly Row[]): Promise<string> {
  count += 1;
  const { datasetId } = await newDataset(`diff ${count}`, { columns, rows: before, chunkSize: 3 });
  await publishVersion(owner, { ...as.editor, datasetId }, { columns, rows: after, chunkSize: 2 });
  return datasetId;
}

/** All pages of two rows. */
async function everyPage(input: { datasetId: string; keyColumns?: string[] }) {
  const first = await call(diffVersions, { ...input, from: 1, to: 2, limit: 2 });
  const rows = [...first.rows];
  for (let cursor = first.nextCursor; cursor !== null; ) {
    const page = await call(diffVersions, { ...input, from: 1, to: 2, limit: 2, cursor });
    rows.push(...page.rows);
    cursor = page.nextCursor;
  }
  return { ...first, rows };
}

test('by key, the rows that came, went and changed are those that a comparison in memory finds', async () => {
  await fc.assert(
    fc.asyncProperty(keyed, keyed, async (before, after) => {
      const found = await everyPage({ datasetId: await twoVersions(before, after), keyColumns: ['k'] });
      const old = new Map(before.map((each) => [each[0], each]));
      const now = new Map(after.map((each) => [each[0], each]));
      const expected = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((k) => {
        const [a, b] = [old.get(k), now.get(k)];
        const op = a ? (b ? 'changed' : 'removed') : 'added';
        const cells = columns.slice(1).flatMap(({ name }, index) => {
          const cell = { before: a?.[index + 1] ?? null, after: b?.[index + 1] ?? null };
          return op === 'changed' && cell.before === cell.after ? [] : [[name, cell] as const];
        });
        return cells.length === 0 ? [] : [{ op, key: { k }, copies: 1, cells: Object.fromEntries(cells) }];
      });
      expect(found.by).toBe('columns');
      expect(found.rows).toEqual(expected);
      const of = (op: string) => expected.filter((each) => each.op === op).length;
      expect(found.counts).toEqual({ added: of('added'), removed: of('removed'), changed: of('changed') });
    }),
    { numRuns: 15 },
  );
});

test('without a key, contents are counted as often as they are there', async () => {
  await fc.assert(
    fc.asyncProperty(bag, bag, async (before, after) => {
      const found = await everyPage({ datasetId: await twoVersions(before, after) });
      const surplus = new Map<string, number>();
      for (const [rows, sign] of [
        [before, -1],
        [after, 1],
      ] as const)
        for (const each of rows) surplus.set(JSON.stringify(each), (surplus.get(JSON.stringify(each)) ?? 0) + sign);
      const expected = new Map([...surplus].filter(([, n]) => n !== 0));
      const actual = new Map(
        found.rows.map(({ op, copies, cells }) => [
          JSON.stringify(columns.map(({ name }) => cells[name]?.[op === 'added' ? 'after' : 'before'] ?? null)),
          op === 'added' ? copies : -copies,
        ]),
      );
      expect(found.by).toBe('content');
      expect(actual).toEqual(expected);
      expect(found.rows).toHaveLength(expected.size);
      const sum = (sign: number) => [...expected.values()].reduce((all, n) => all + Math.max(sign * n, 0), 0);
      expect(found.counts).toEqual({ added: sum(1), removed: sum(-1), changed: 0 });
    }),
    { numRuns: 15 },
  );
});

test('keys that are null or doubled are named, and what is no key of both versions is refused', async () => {
  const datasetId = await twoVersions(
    [
      ['1', 'a', null, null],
      ['2', 'a', null, null],
      ['3', null, null, null],
    ],
    [],
  );
  const diff = { datasetId, from: 1, to: 2 };
  await expect(call(diffVersions, { ...diff, keyColumns: ['t'] })).rejects.toMatchObject({
    kind: 'precondition',
    details: {
      version: 1,
      keys: expect.arrayContaining([
        { key: ['a'], rows: 2 },
        { key: [null], rows: 1 },
      ]),
    },
  });
  for (const name of ['j', 'rowid', 'nothing', 't"; drop table datasets; --'])
    await expect(call(diffVersions, { ...diff, keyColumns: [name] })).rejects.toMatchObject({ kind: 'invalid' });
  const { nextCursor } = await call(diffVersions, { ...diff, limit: 1 });
  await expect(call(diffVersions, { ...diff, keyColumns: ['k'], cursor: nextCursor ?? '' })).rejects.toMatchObject({
    kind: 'invalid',
  });
});

test('columns are matched by name, and one that has another type is compared as text', async () => {
  const { datasetId } = await newDataset('retyped', {
    columns: [
      { name: 'k', type: 'bigint' },
      { name: 'v', type: 'bigint' },
      { name: 'gone', type: 'text' },
    ],
    rows: [
      ['1', '7', 'x'],
      ['2', '8', 'x'],
    ],
  });
  const after = {
    columns: [
      { name: 'v', type: 'text' },
      { name: 'k', type: 'bigint' },
      { name: 'new', type: 'date' },
    ],
    rows: [
      ['7', '1', null],
      ['eight', '2', null],
    ],
  } as const;
  await publishVersion(owner, { ...as.editor, datasetId }, after);
  expect(await call(diffVersions, { datasetId, from: 1, to: 2, keyColumns: ['k'] })).toMatchObject({
    columns: {
      added: [{ name: 'new', type: 'date' }],
      removed: [{ name: 'gone', type: 'text' }],
      retyped: [{ name: 'v', before: 'bigint', after: 'text' }],
    },
    rows: [{ op: 'changed', key: { k: '2' }, cells: { v: { before: '8', after: 'eight' } } }],
  });
});

test('a copy is compared row by row, whatever its cells hold', async () => {
  const datasetId = await twoVersions(
    [
      ['1', 'a', 'NaN', null],
      ['1', 'b', null, null],
    ],
    [
      ['1', 'a', 'NaN', null],
      ['1', 'c', null, null],
    ],
  );
  await owner.query(
    `update dataset_versions v set copied_from = s.id, copied_change_set = 0 from dataset_versions s
     where v.dataset_id = $1 and v.number = 2 and s.dataset_id = $1 and s.number = 1`,
    [datasetId],
  );
  const cells = { t: { before: 'b', after: 'c' } };
  expect(await call(diffVersions, { datasetId, from: 1, to: 2 })).toMatchObject({
    by: 'rowid',
    counts: { added: 0, removed: 0, changed: 1 },
    rows: [{ op: 'changed', key: { rowid: '2' }, cells }],
  });
});

test('too many columns are refused with what to do, and chosen ones compared over several tables', async () => {
  const wide = Array.from({ length: 1700 }, (_, at) => ({ name: `c${at}`, type: 'bigint' as const }));
  const rows = [wide.map((_, at) => String(at))];
  const { datasetId } = await newDataset('wide', { columns: wide, rows, chunkSize: 500 });
  await publishVersion(
    owner,
    { ...as.editor, datasetId },
    { columns: wide, rows: [rows[0]!.with(1699, '0')], chunkSize: 500 },
  );
  const diff = { datasetId, from: 1, to: 2, keyColumns: ['c0'] };
  await expect(call(diffVersions, diff)).rejects.toMatchObject({
    kind: 'limit_reached',
    details: { hint: 'columns' },
  });
  const chosen = await call(diffVersions, { ...diff, columns: wide.slice(900).map(({ name }) => name) });
  expect(chosen.counts).toEqual({ added: 0, removed: 0, changed: 1 });
  expect(chosen.rows).toMatchObject([{ cells: { c1699: { before: '1699', after: '0' } } }]);
});

test('to a stranger and to a colleague without access there is no such dataset', async () => {
  const datasetId = await twoVersions([['1', 'secret', null, null]], []);
  await call(diffVersions, { datasetId, from: 1, to: 2 });
  for (const identity of [theirs.as.owner, as.colleague])
    await expect(call(diffVersions, { datasetId, from: 1, to: 2 }, identity)).rejects.toMatchObject({
      kind: 'not_found',
    });
});
