import { asUser, createDatabase, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { executeAction } from '../actions/execute-action.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import { publishVersion } from '../testing/publish-version.ts';
import { CatalogueMemory } from './catalogue-memory.ts';
import { createDataset } from './create-dataset.ts';
import { declareIndex } from './declare-index.ts';
import { exportRows } from './export-rows.ts';
import { listIndexes } from './list-indexes.ts';
import { queryRows } from './query-rows.ts';
import { removeIndex } from './remove-index.ts';
import type { RowFilter } from './row-filter.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const worker = database.pool('granary_worker');
const dependencies = {
  database: createDatabase(database.pool('granary_api'), { prepared: true }),
  catalogue: new CatalogueMemory(),
};
const ours = await createTestOrganization(owner, 'ours');
const theirs = await createTestOrganization(owner, 'theirs');

const columns = [
  { name: 'label', type: 'text' },
  { name: 'exact', type: 'numeric' },
  { name: 'score', type: 'double precision' },
  { name: 'at', type: 'timestamp' },
  { name: 'flag', type: 'boolean' },
  { name: 'thing', type: 'jsonb' },
  { name: 'id', type: 'bigint' },
] as const;
const cells = Array.from({ length: 61 }, (_, index) => [
  index % 5 === 0 ? null : `l${index % 4}`,
  index % 4 === 0 ? null : String((index % 7) / 2),
  index % 3 === 0 ? null : ['NaN', '-Infinity', '1.5', '0'][index % 4]!,
  index % 11 === 0 ? null : `2026-01-${String((index % 9) + 1).padStart(2, '0')} 10:00:00`,
  index % 2 === 0 ? 't' : 'f',
  '{}',
  String(index),
]);
const indexable = ['label', 'exact', 'score', 'at', 'flag', 'id'];

type RowsInput = z.input<typeof queryRows.input>;
const rows = (identity: Member, input: RowsInput, catalogue = dependencies.catalogue) =>
  executeAction({ ...dependencies, catalogue }, queryRows, identity, input) as Promise<
    z.output<typeof queryRows.output>
  >;
const declare = (identity: Member, input: z.input<typeof declareIndex.input>) =>
  executeAction(dependencies, declareIndex, identity, input) as Promise<z.output<typeof declareIndex.output>>;
const indexes = (identity: Member, datasetId: string) =>
  executeAction(dependencies, listIndexes, identity, { datasetId }) as Promise<z.output<typeof listIndexes.output>>;

async function makeDataset(name: string): Promise<string> {
  const created = await executeAction(dependencies, createDataset, ours.as.editor, { name });
  return createDataset.output.parse(created).dataset.id;
}
const publish = (datasetId: string, table: Parameters<typeof publishVersion>[2]) =>
  publishVersion(owner, { ...ours.as.editor, datasetId }, table);
const build = (versionId: string) => worker.query('select app.index_version($1)', [versionId]);

let plain = '';
let indexed = '';
let indexedVersion = '';
beforeAll(async () => {
  plain = await makeDataset('plain');
  indexed = await makeDataset('indexed');
  await publish(plain, { columns, rows: cells, chunkSize: 3 });
  indexedVersion = (await publish(indexed, { columns, rows: cells, chunkSize: 3 })).versionId;
  for (const column of indexable) {
    expect(await declare(ours.as.editor, { datasetId: indexed, column })).toMatchObject({ column, state: 'building' });
  }
  await build(indexedVersion);
});

test('an index is declared, made, listed and taken back', async () => {
  expect((await indexes(ours.as.editor, indexed)).map(({ column, state }) => [column, state])).toEqual(
    [...indexable].sort().map((column) => [column, 'ready']),
  );
  const datasetId = await makeDataset('short-lived');
  const { versionId } = await publish(datasetId, { columns, rows: cells });
  await declare(ours.as.editor, { datasetId, column: 'id' });
  await build(versionId);
  const made = async () => (await owner.query('select index_name from app.data_indexes($1)', [versionId])).rows.length;
  expect(await made()).toBe(1);
  await executeAction(dependencies, removeIndex, ours.as.editor, { datasetId, column: 'id' });
  await worker.query('select app.drop_undeclared_indexes($1)', [datasetId]);
  expect(await made()).toBe(0);
  expect(await indexes(ours.as.editor, datasetId)).toEqual([]);
  await expect(
    executeAction(dependencies, removeIndex, ours.as.editor, { datasetId, column: 'id' }),
  ).rejects.toMatchObject({ kind: 'not_found', message: 'the column has no index' });
});

describe('pages in the order of an indexed column', () => {
  const term = fc.record({
    column: fc.constantFrom(...indexable),
    direction: fc.constantFrom('asc' as const, 'desc' as const),
    nulls: fc.constantFrom('first' as const, 'last' as const),
  });
  const filter = fc.constantFrom<RowFilter | undefined>(
    undefined,
    { column: 'label', op: 'in', values: ['l1', 'l2'] },
    { column: 'id', op: 'gte', value: 20 },
    { column: 'exact', op: 'isNull' },
  );

  test('are the same as those without an index, whatever the ties, nulls, filter and size', async () => {
    await fc.assert(
      fc.asyncProperty(term, filter, fc.integer({ min: 1, max: 20 }), async (only, wanted, limit) => {
        const shared = { columns: ['id', 'label'], order: [only], ...(wanted && { filter: wanted }) };
        const whole = await rows(ours.as.editor, { datasetId: plain, ...shared, limit: 1000 });
        const paged: unknown[] = [];
        let cursor: string | undefined;
        do {
          const page = await rows(ours.as.editor, { datasetId: indexed, ...shared, limit, ...(cursor && { cursor }) });
          paged.push(...page.rows);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        expect(paged).toEqual(whole.rows);
      }),
      { numRuns: 60 },
    );
  });
});

test('what has no order, is not there, or is not theirs to write gets no index', async () => {
  await expect(declare(ours.as.editor, { datasetId: indexed, column: 'thing' })).rejects.toMatchObject({
    kind: 'invalid',
    message: 'thing holds JSON, which has no order',
  });
  await expect(declare(ours.as.editor, { datasetId: indexed, column: 'x" on users; --' })).rejects.toMatchObject({
    kind: 'invalid',
  });
  const empty = await makeDataset('empty');
  await expect(declare(ours.as.editor, { datasetId: empty, column: 'id' })).rejects.toMatchObject({
    kind: 'precondition',
  });
  for (const identity of [theirs.as.owner, ours.as.colleague]) {
    await expect(declare(identity, { datasetId: indexed, column: 'id' })).rejects.toMatchObject({
      kind: 'not_found',
      message: 'no such dataset',
    });
  }
});

test('a value too long for an index fails the index with its reason, and nothing else', async () => {
  const datasetId = await makeDataset('long');
  const noise = Array.from({ length: 400 }, (_, index) => Math.sin(index).toString(36)).join('');
  const { versionId } = await publish(datasetId, { columns: [columns[0]], rows: [['short'], [noise]] });
  await declare(ours.as.editor, { datasetId, column: 'label' });
  await build(versionId);
  expect(await indexes(ours.as.editor, datasetId)).toMatchObject([
    {
      state: 'failed',
      error: { kind: 'invalid', message: expect.stringContaining('label holds a value that is too long') },
    },
  ]);
  expect(
    (await rows(ours.as.editor, { datasetId, order: [{ column: 'label', direction: 'desc' }] })).rows,
  ).toHaveLength(2);
});

test('a later version without the column says so, and one that has it again is indexed', async () => {
  const datasetId = await makeDataset('later');
  await build((await publish(datasetId, { columns, rows: cells })).versionId);
  await declare(ours.as.editor, { datasetId, column: 'id' });
  await build((await publish(datasetId, { columns: columns.slice(0, 2), rows: [['a', '1']] })).versionId);
  expect(await indexes(ours.as.editor, datasetId)).toMatchObject([
    { state: 'failed', error: { kind: 'not_found', message: 'the version has no column id' } },
  ]);
  const { versionId } = await publish(datasetId, { columns, rows: cells });
  await build(versionId);
  expect(await indexes(ours.as.editor, datasetId)).toMatchObject([{ state: 'ready', error: null }]);
  expect((await owner.query('select column_name from app.data_indexes($1)', [versionId])).rows).toHaveLength(1);
});

test('two that make the indexes of a version at once make each once', async () => {
  const datasetId = await makeDataset('twice');
  const { versionId } = await publish(datasetId, { columns, rows: cells });
  for (const column of indexable) await declare(ours.as.editor, { datasetId, column });
  await Promise.all([build(versionId), build(versionId), build(versionId)]);
  expect((await indexes(ours.as.editor, datasetId)).map(({ state }) => state)).toEqual(indexable.map(() => 'ready'));
});

test('a dataset has so many indexes and no more', async () => {
  const many = Array.from({ length: 33 }, (_, index) => ({ name: `c${index}`, type: 'bigint' as const }));
  const datasetId = await makeDataset('many');
  await publish(datasetId, { columns: many, rows: [] });
  for (const { name } of many.slice(0, 32)) await declare(ours.as.editor, { datasetId, column: name });
  await expect(declare(ours.as.editor, { datasetId, column: 'c32' })).rejects.toMatchObject({
    kind: 'limit_reached',
    details: { limit: 32 },
  });
});

describe('a version too large to be sorted', () => {
  let datasetId = '';
  let versionId = '';
  beforeAll(async () => {
    datasetId = await makeDataset('large');
    versionId = (await publish(datasetId, { columns, rows: cells })).versionId;
    await owner.query('update dataset_versions set row_count = 2000000 where id = $1', [versionId]);
  });
  const byId = () => rows(ours.as.editor, { datasetId, order: [{ column: 'id' }] });

  test('refuses an order that no index gives, and says what would', async () => {
    await expect(byId()).rejects.toMatchObject({
      kind: 'limit_reached',
      details: { rows: 2_000_000, limit: 1_000_000, column: 'id', hint: 'datasets.index' },
    });
    await expect(
      exportRows(dependencies, ours.as.editor, { datasetId, order: [{ column: 'id' }] }),
    ).rejects.toMatchObject({ kind: 'limit_reached' });
    await expect(
      rows(ours.as.editor, { datasetId, order: [{ column: 'rowid', direction: 'desc' }], limit: 1 }),
    ).resolves.toMatchObject({ rowIds: [61] });
    await expect(
      rows(ours.as.editor, { datasetId, order: [{ column: 'id' }], filter: { column: 'id', op: 'lt', value: 3 } }),
    ).resolves.toMatchObject({ rowIds: [1, 2, 3] });
  });

  test('takes the order as soon as there is the index, or the rows are fewer, whatever a process remembers', async () => {
    await expect(byId()).rejects.toMatchObject({ kind: 'limit_reached' });
    await declare(ours.as.editor, { datasetId, column: 'id' });
    await build(versionId);
    expect((await byId()).rowIds[0]).toBe(1);
    const byTwo = () => rows(ours.as.editor, { datasetId, order: [{ column: 'id' }, { column: 'label' }] });
    await expect(byTwo()).rejects.toMatchObject({ kind: 'limit_reached' });
    await owner.query('update dataset_versions set row_count = 61 where id = $1', [versionId]);
    expect((await byTwo()).rowIds[0]).toBe(1);
  });

  test('tells a stranger nothing of its size', async () => {
    await owner.query('update dataset_versions set row_count = 2000000 where id = $1', [versionId]);
    for (const identity of [theirs.as.owner, ours.as.colleague]) {
      await expect(rows(identity, { datasetId, order: [{ column: 'label' }] })).rejects.toMatchObject({
        kind: 'not_found',
        message: 'no such dataset',
      });
    }
  });
});

test('a read that takes too long ends with what would take less', async () => {
  const hurried = createDatabase(database.pool('granary_api', { statementTimeoutMs: 2_000 }), { prepared: true });
  const read = (input: RowsInput) =>
    executeAction({ database: hurried, catalogue: new CatalogueMemory() }, queryRows, ours.as.editor, input);
  await read({ datasetId: plain });
  const { versionId } = await publish(await makeDataset('held'), { columns, rows: cells });
  const held = (
    await owner.query<{ id: string }>('select dataset_id as id from dataset_versions where id = $1', [versionId])
  ).rows[0]!.id;
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query(`lock table data."v_${versionId.replaceAll('-', '')}_p1"`);
    await expect(read({ datasetId: held })).rejects.toMatchObject({
      kind: 'limit_reached',
      details: { hint: 'datasets.index' },
    });
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('an edit that an index cannot take is refused as too long', async () => {
  const noise = Array.from({ length: 400 }, (_, index) => Math.cos(index).toString(36)).join('');
  const table = `data."v_${indexedVersion.replaceAll('-', '')}_p1"`;
  const error = await owner.query(`update ${table} set label = $1 where rowid = 1`, [noise]).catch(toDomainError);
  expect(error).toMatchObject({ kind: 'limit_reached' });
});

test('an index of a table that somebody reads for long is removed later: nobody queues behind it', async () => {
  const datasetId = await makeDataset('read for long');
  const { versionId } = await publish(datasetId, { columns, rows: cells });
  await declare(ours.as.editor, { datasetId, column: 'id' });
  await build(versionId);
  await executeAction(dependencies, removeIndex, ours.as.editor, { datasetId, column: 'id' });
  const drop = () => worker.query('select app.drop_undeclared_indexes($1)', [datasetId]);
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query(`select from data."v_${versionId.replaceAll('-', '')}_p1" limit 1`);
    await expect(drop()).rejects.toMatchObject({ code: '55P03' });
  } finally {
    await client.query('rollback');
    client.release();
  }
  await drop();
  expect((await owner.query('select from app.data_indexes($1)', [versionId])).rowCount).toBe(0);
});

describe('the functions behind it', () => {
  const call = (identity: Member, statement: string) =>
    asUser(dependencies.database, identity, null, async (db) => {
      const { rows: found } = await sql<{ value: unknown }>`select ${sql.raw(statement)} as value`.execute(db);
      return found[0]?.value;
    });
  const page = () => `app.page_by_numeric('${indexedVersion}', 'exact', false, false, null, null, 5)`;

  test('tell who may not read the dataset nothing, be it a colleague', async () => {
    expect(await call(ours.as.editor, page())).toHaveLength(5);
    expect(await call(ours.as.editor, `app.indexed_columns('${indexedVersion}')`)).toHaveLength(indexable.length);
    for (const identity of [theirs.as.owner, ours.as.colleague]) {
      await expect(call(identity, page())).rejects.toMatchObject({ code: 'GR404' });
      await expect(call(identity, `app.indexed_columns('${indexedVersion}')`)).resolves.toEqual([]);
    }
  });

  test("run no SQL that a column's name holds", async () => {
    for (const name of ['exact" from users --', 'label', 'nothing']) {
      const asked = `app.page_by_numeric('${indexedVersion}', '${name}', false, false, null, null, 5)`;
      await expect(call(ours.as.editor, asked)).rejects.toMatchObject({ code: 'GR404' });
    }
  });

  test('make and remove indexes for the worker alone', async () => {
    for (const command of [
      `app.create_data_index('${indexedVersion}', 'id')`,
      `app.index_version('${indexedVersion}')`,
      `app.drop_undeclared_indexes('${indexed}')`,
      `app.data_indexes('${indexedVersion}')`,
    ]) {
      await expect(call(ours.as.editor, command), command).rejects.toMatchObject({ code: '42501' });
    }
  });
});
