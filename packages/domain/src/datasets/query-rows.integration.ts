import { createDatabase, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { executeAction } from '../actions/execute-action.ts';
import { publishVersion } from '../testing/publish-version.ts';
import { CatalogueMemory } from './catalogue-memory.ts';
import { createDataset } from './create-dataset.ts';
import { queryRows } from './query-rows.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = {
  database: createDatabase(database.pool('granary_api'), { prepared: true }),
  catalogue: new CatalogueMemory(),
};
const ours = await createTestOrganization(owner, 'ours');
const theirs = await createTestOrganization(owner, 'theirs');

const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'label', type: 'text' },
  { name: 'score', type: 'double precision' },
  { name: 'day', type: 'date' },
  { name: 'flag', type: 'boolean' },
] as const;
const cells = Array.from({ length: 57 }, (_, index) => [
  String(index),
  index % 5 === 0 ? null : `l${index % 4}`,
  index % 3 === 0 ? null : String((index % 7) / 2),
  index % 11 === 0 ? null : `2026-01-${String((index % 28) + 1).padStart(2, '0')}`,
  index % 2 === 0 ? 't' : 'f',
]);

const call = (identity: Member, input: z.input<typeof queryRows.input>) =>
  executeAction(dependencies, queryRows, identity, input) as Promise<z.output<typeof queryRows.output>>;

let datasetId = '';
beforeAll(async () => {
  const created = await executeAction(dependencies, createDataset, ours.as.editor, { name: 'rows' });
  datasetId = createDataset.output.parse(created).dataset.id;
  await publishVersion(owner, { ...ours.as.editor, datasetId }, { columns, rows: cells, chunkSize: 2 });
});

test('a page has typed cells in the order of the file, also across chunk tables', async () => {
  const page = await call(ours.as.editor, { datasetId, limit: 3 });
  expect(page.columns).toEqual(columns);
  expect(page.rows).toEqual([
    [0, null, null, null, true],
    [1, 'l1', 0.5, '2026-01-02', false],
    [2, 'l2', 1, '2026-01-03', true],
  ]);
  expect(page.rowIds).toEqual([1, 2, 3]);
});

test('filters name columns and values, and combine', async () => {
  const filter = {
    and: [
      { column: 'label', op: 'in' as const, values: ['l1', 'l2'] },
      { not: { column: 'score', op: 'isNull' as const } },
    ],
  };
  const expected = cells
    .filter(([, label, score]) => (label === 'l1' || label === 'l2') && score !== null)
    .map(([id]) => [Number(id)]);
  expect((await call(ours.as.editor, { datasetId, columns: ['id'], filter, limit: 1000 })).rows).toEqual(expected);
});

describe('pages in any order', () => {
  const term = fc.record({
    column: fc.constantFrom('label', 'score', 'day', 'flag', 'id'),
    direction: fc.constantFrom('asc' as const, 'desc' as const),
    nulls: fc.constantFrom('first' as const, 'last' as const),
  });

  test('neither skip nor repeat a row, whatever the ties and nulls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(term, { maxLength: 3 }), fc.integer({ min: 1, max: 20 }), async (order, limit) => {
        const whole = await call(ours.as.editor, { datasetId, columns: ['id'], order, limit: 1000 });
        const paged: unknown[] = [];
        let cursor: string | undefined;
        do {
          const page = await call(ours.as.editor, {
            datasetId,
            columns: ['id'],
            order,
            limit,
            ...(cursor && { cursor }),
          });
          paged.push(...page.rows);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        expect(paged).toEqual(whole.rows);
        expect(new Set(paged.map(String)).size).toBe(cells.length);
      }),
      { numRuns: 25 },
    );
  });
});

test('a cursor keeps to its version while a new one is published', async () => {
  const first = await call(ours.as.editor, { datasetId, limit: 10 });
  await publishVersion(
    owner,
    { ...ours.as.editor, datasetId },
    { columns: [{ name: 'other', type: 'text' }], rows: [['new']] },
  );
  const next = await call(ours.as.editor, { datasetId, limit: 10, cursor: first.nextCursor ?? '' });
  expect(next.version).toBe(1);
  expect(next.rowIds[0]).toBe(11);
  // the process remembered version 1: the answer must be the published one all the same
  expect((await call(ours.as.editor, { datasetId })).rows).toEqual([['new']]);
});

test.each(['colleague', 'viewer', 'admin', 'owner'] as const)(
  'a %s without a share is told what a stranger is told',
  async (member) => {
    const missing = call(ours.as[member], { datasetId: ours.tenantId });
    const private_ = call(ours.as[member], { datasetId });
    const foreign = call(theirs.as.owner, { datasetId });
    const answers = await Promise.all(
      [missing, private_, foreign].map((each) =>
        each.then(
          () => 'rows',
          (error: unknown) => String(error),
        ),
      ),
    );
    expect(new Set(answers)).toEqual(new Set(['DomainError: no such dataset']));
  },
);

test('an unknown column tells the owner what there is, and a stranger nothing', async () => {
  const bad = { datasetId, columns: ['nope'] };
  await expect(call(ours.as.editor, bad)).rejects.toMatchObject({ kind: 'invalid', details: { columns: ['other'] } });
  await expect(call(theirs.as.owner, bad)).rejects.toMatchObject({ kind: 'not_found' });
});

test.each([
  ['a value of another type', { filter: { column: 'id', op: 'eq' as const, value: '1; drop table users' } }],
  ['a number that does not fit', { filter: { column: 'id', op: 'eq' as const, value: '9999999999999999999' } }],
  ['a text test on a number', { filter: { column: 'id', op: 'contains' as const, value: '1' } }],
  ['a column that is an injection', { columns: ['id" from users --'] }],
  ['a forged cursor', { cursor: Buffer.from('{"version":1,"order":"","last":["x; --"]}').toString('base64url') }],
])('%s is an error of the caller', async (_, input) => {
  await expect(call(ours.as.editor, { datasetId, version: 1, ...input })).rejects.toMatchObject({ kind: 'invalid' });
});

test('what JSON has no number for is a word, and every digit stays', async () => {
  const created = await executeAction(dependencies, createDataset, ours.as.editor, { name: 'extremes' });
  const id = createDataset.output.parse(created).dataset.id;
  await publishVersion(
    owner,
    { ...ours.as.editor, datasetId: id },
    {
      columns: [
        { name: 'd', type: 'double precision' },
        { name: 'b', type: 'bigint' },
        { name: 'n', type: 'numeric' },
        { name: 't', type: 'timestamptz' },
      ],
      rows: [
        ['NaN', '9007199254740993', '0.10', '2026-11-21 10:00:00.5+01'],
        ['-Infinity', '-1', '1e2', null],
      ],
    },
  );
  const page = await call(ours.as.editor, { datasetId: id, order: [{ column: 'd' }] });
  expect(JSON.parse(JSON.stringify(page.rows))).toEqual([
    ['-Infinity', -1, '100', null],
    ['NaN', '9007199254740993', '0.10', expect.stringMatching(/^2026-11-21T.*:00:00\.5/)],
  ]);
  const filter = { column: 'd', op: 'eq' as const, value: 'NaN' };
  expect((await call(ours.as.editor, { datasetId: id, columns: ['b'], filter })).rows).toEqual([['9007199254740993']]);
});

test('what a stranger may not read is not even looked at: the time would tell that it is there', async () => {
  const filter = { column: 'id', op: 'eq' as const, value: 4242 };
  await call(ours.as.editor, { datasetId, version: 1, filter }); // the process remembers the version now
  const scans = async () => {
    // the owner's too: what making the tables looked at may not be counted in the midst of the attempts
    for (const pool of [dependencies.database.pool, owner]) {
      const clients = await Promise.all(Array.from({ length: 8 }, () => pool.connect()));
      for (const client of clients) await client.query('select pg_stat_force_next_flush()');
      for (const client of clients) client.release();
    }
    return (
      await owner.query<{ n: number }>(
        `select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::int as n from pg_stat_user_tables where schemaname = 'data'`,
      )
    ).rows[0]!.n;
  };
  const before = await scans();
  for (let round = 0; round < 3; round += 1) {
    await expect(call(theirs.as.owner, { datasetId, version: 1, filter })).rejects.toMatchObject({ kind: 'not_found' });
    await expect(call(ours.as.colleague, { datasetId, version: 1, filter })).rejects.toMatchObject({
      kind: 'not_found',
    });
  }
  expect(await scans()).toBe(before);
  await call(ours.as.editor, { datasetId, version: 1, filter });
  expect(await scans()).toBeGreaterThan(before); // looking is noticed
});

test('an own dataset into which nothing was loaded says so; to a stranger it is none', async () => {
  const created = await executeAction(dependencies, createDataset, ours.as.editor, { name: 'empty' });
  const id = createDataset.output.parse(created).dataset.id;
  await expect(call(ours.as.editor, { datasetId: id })).rejects.toMatchObject({ kind: 'precondition' });
  await expect(call(ours.as.editor, { datasetId: id, version: 7 })).rejects.toMatchObject({
    message: expect.stringContaining('version 7'),
  });
  for (const version of [undefined, 7]) {
    await expect(call(theirs.as.owner, { datasetId: id, version })).rejects.toMatchObject({
      message: 'no such dataset',
    });
  }
});
