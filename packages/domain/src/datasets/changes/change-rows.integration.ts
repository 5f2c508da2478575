import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { dependenciesOf } from '../../isolation/populate.ts';
import { createDatasetCaller } from '../../testing/dataset-caller.ts';
import { publishVersion } from '../../testing/publish-version.ts';
import { getDataset } from '../get-dataset.ts';
import { queryRows } from '../query-rows.ts';
import { shareDataset } from '../share-dataset.ts';
import { setAlias } from '../versions/set-alias.ts';
import { changeRows } from './change-rows.ts';
import { deleteRow } from './delete-row.ts';
import { getChange } from './get-change.ts';
import { getRow } from './get-row.ts';
import { insertRows } from './insert-rows.ts';
import { listChanges } from './list-changes.ts';
import { revertChange } from './revert-change.ts';
import { rowHistory } from './row-history.ts';
import { updateRow } from './update-row.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as, tenantId } = await createTestOrganization(owner, 'ours');
const theirs = await createTestOrganization(owner, 'theirs');
const { call, newDataset } = createDatasetCaller(dependenciesOf(database), owner, as.editor);

// names that a query of ours uses itself must not be mistaken for them
const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'before', type: 'text' },
  { name: 'cells', type: 'double precision' },
  { name: 'day', type: 'date' },
  { name: 'flag', type: 'boolean' },
  { name: 'exact', type: 'numeric' },
  { name: 'at', type: 'timestamptz' },
  { name: 'doc', type: 'jsonb' },
] as const;
const rows = Array.from({ length: 6 }, (_, i) => [
  String(i),
  `l${i}`,
  '0.1',
  '2026-01-02',
  't',
  '1.50',
  '2026-01-02 03:04:05.000006+00',
  '{"a": [1]}',
]);

let datasetId = '';
let versionId = '';
let count = 0;
beforeEach(async () => {
  count += 1;
  ({ datasetId, versionId } = await newDataset(`rows ${count}`, { columns, rows, chunkSize: 3 }));
});

const row = (rowId: number) => call(getRow, { datasetId, rowId });
const allRows = async () => {
  const page = await call(queryRows, { datasetId, limit: 1000 });
  return page.rows.map((cells, index) => ({ rowId: page.rowIds[index], cells }));
};

describe('a change set', () => {
  test('updates, deletes and inserts, in every chunk table, and counts', async () => {
    const changed = await call(changeRows, {
      datasetId,
      version: 1,
      changes: [
        { op: 'update', rowId: 2, revision: 0, set: { before: 'new', day: null, exact: '2.500', doc: { b: null } } },
        { op: 'delete', rowId: 3, revision: 0 },
        { op: 'insert', values: { id: 100, flag: false, cells: 0.30000000000000004 } },
        { op: 'insert', values: {} },
      ],
    });
    expect(changed).toEqual({
      version: 1,
      versionId,
      changeSet: 1,
      inserted: 2,
      updated: 1,
      deleted: 1,
      rows: [2, 3, 7, 8].map((rowId) => ({ rowId, revision: 1 })),
    });
    expect((await allRows()).map(({ rowId }) => rowId)).toEqual([1, 2, 4, 5, 6, 7, 8]);
    expect(await row(2)).toMatchObject({
      version: 1,
      revision: 1,
      cells: { id: 1, before: 'new', day: null, exact: '2.500', doc: { b: null }, flag: true },
    });
    expect((await row(7)).cells).toMatchObject({ id: 100, before: null, cells: 0.30000000000000004, flag: false });
    expect((await row(4)).revision).toBe(0);
    expect(await call(getDataset, { datasetId })).toMatchObject({ version: 1, rows: 7 });
    const { rows: contributors } = await owner.query(
      `select distinct user_id, tenant_id from data."v_${versionId.replaceAll('-', '')}_p3" where rowid = 7`,
    );
    expect(contributors).toEqual([{ user_id: as.editor.userId, tenant_id: tenantId }]);
  });

  test('records the cells that changed, the whole of what went and came, and nothing for what was so already', async () => {
    const everything = (await row(3)).cells;
    await call(changeRows, {
      datasetId,
      version: 1,
      changes: [
        { op: 'update', rowId: 1, revision: 0, set: { before: 'l0', cells: 0.1, exact: '1.5' } },
        { op: 'update', rowId: 2, revision: 0, set: { flag: true, doc: { a: [1] } } },
        { op: 'delete', rowId: 3, revision: 0 },
        { op: 'insert', values: { id: 7 } },
      ],
    });
    const change = await call(getChange, { datasetId, number: 1 });
    expect(change.changeSet).toMatchObject({ number: 1, kind: 'rows', inserted: 1, updated: 1, deleted: 1 });
    expect(change.rows).toEqual([
      // 1.5 is another decimal than 1.50: it has fewer digits
      { rowId: 1, what: 'updated', before: { exact: '1.50' }, after: { exact: '1.5' } },
      { rowId: 3, what: 'deleted', before: everything, after: null },
      {
        rowId: 7,
        what: 'inserted',
        before: null,
        after: { ...Object.fromEntries(columns.map(({ name }) => [name, null])), id: 7 },
      },
    ]);
    expect((await row(2)).revision).toBe(0);
  });

  test('that changes nothing is none', async () => {
    const update = { datasetId, rowId: 1, version: 1, revision: 0, set: { id: 0 } };
    expect(await call(updateRow, update)).toMatchObject({
      changeSet: null,
      updated: 0,
      rows: [{ rowId: 1, revision: 0 }],
    });
    expect((await call(listChanges, { datasetId })).items).toEqual([]);
  });

  test('is all or nothing', async () => {
    const before = await allRows();
    const changes = [
      { op: 'delete' as const, rowId: 1, revision: 0 },
      { op: 'insert' as const, values: { id: '99999999999999999999' } },
    ];
    await expect(call(changeRows, { datasetId, version: 1, changes })).rejects.toMatchObject({ kind: 'invalid' });
    expect(await allRows()).toEqual(before);
    expect((await call(listChanges, { datasetId })).items).toEqual([]);
  });

  test('is audited, with the columns and not the cells', async () => {
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { before: 'private' } });
    const { rows: events } = await owner.query(
      `select actor_id, details from audit_events where action = 'datasets.updateRow' and entity_id = $1`,
      [datasetId],
    );
    expect(events).toEqual([
      { actor_id: as.editor.userId, details: { rowId: 1, columns: ['before'], version: 1, changeSet: 1 } },
    ]);
  });

  test.each(['America/St_Johns', 'Asia/Kolkata'])(
    'keeps values exactly, whatever the database has set (%s)',
    async (zone) => {
      await owner.query(`alter database "${database.name}" set timezone = '${zone}'`);
      await owner.query(`alter database "${database.name}" set datestyle = 'SQL, DMY'`);
      await owner.query(`alter database "${database.name}" set extra_float_digits = -15`);
      try {
        const fresh = createDatasetCaller(dependenciesOf(database), owner, as.editor);
        await fresh.call(deleteRow, { datasetId, rowId: 4, version: 1, revision: 0 });
        const { rows: history } = await owner.query(`select before from dataset_row_changes where dataset_id = $1`, [
          datasetId,
        ]);
        expect(history[0].before).toEqual({
          id: '3',
          before: 'l3',
          cells: '0.1',
          day: '2026-01-02',
          flag: 'true',
          exact: '1.50',
          at: '2026-01-02 03:04:05.000006+00',
          doc: '{"a": [1]}',
          user_id: as.editor.userId,
        });
        await fresh.call(revertChange, { datasetId, version: 1, number: 1 });
        const { rows: same } = await owner.query(
          `select count(distinct t)::int as n from (select day, flag, exact::text, at, doc, user_id from
           data."v_${versionId.replaceAll('-', '')}_p1" join data."v_${versionId.replaceAll('-', '')}_p2" using (rowid, user_id) join data."v_${versionId.replaceAll('-', '')}_p3" using (rowid, user_id)) t`,
        );
        expect(same).toEqual([{ n: 1 }]);
      } finally {
        for (const setting of ['timezone', 'datestyle', 'extra_float_digits'])
          await owner.query(`alter database "${database.name}" reset ${setting}`);
      }
    },
  );
});

describe('a change is refused', () => {
  const update = (set: Record<string, unknown>, more = {}) =>
    call(changeRows, {
      datasetId,
      version: 1,
      changes: [{ op: 'update', rowId: 1, revision: 0, set: set as never, ...more }],
    });

  test.each([
    ['id', 'x'],
    ['id', 1.5],
    ['id', '9223372036854775808'],
    ['id', true],
    ['before', 5],
    ['before', 'nul\0'],
    ['before', '\ud800'],
    ['cells', '1e999'],
    ['day', '2026-02-30'],
    ['day', '01/02/2026'],
    ['flag', 't'],
    ['exact', '1,5'],
    ['at', 'yesterday'],
    ['doc', { a: '\0' }],
    ['doc', ['\udc00']],
  ])('for %s = %j, naming column and type', async (column, value) => {
    const type = columns.find(({ name }) => name === column)?.type;
    await expect(update({ [column]: value })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(column),
      details: { column, type },
    });
  });

  test.each(['nope', 'rowid', 'user_id', 'tenant_id', 'ctid', 'id" = 1; drop table users; --', "id'"])(
    'for the column %s, which is none',
    async (column) => {
      await expect(update({ [column]: 'x' })).rejects.toMatchObject({ kind: 'invalid', details: { column } });
      const insert = call(insertRows, { datasetId, version: 1, rows: [{ [column]: 'x' }] });
      await expect(insert).rejects.toMatchObject({ kind: 'invalid', details: { column } });
    },
  );

  test('for a version that is not current, a revision that is not the row’s, a row that is none or named twice', async () => {
    await update({ id: 5 });
    await expect(update({ id: 6 })).rejects.toMatchObject({
      kind: 'conflict',
      details: { reason: 'revision', rows: [{ rowId: 1, revision: 1 }] },
    });
    await expect(update({ id: 6 }, { rowId: 99 })).rejects.toMatchObject({ kind: 'not_found', details: { rowId: 99 } });
    const twice = { op: 'delete' as const, rowId: 2, revision: 0 };
    await expect(call(changeRows, { datasetId, version: 1, changes: [twice, twice] })).rejects.toMatchObject({
      kind: 'invalid',
      details: { rowId: 2 },
    });
    await call(deleteRow, { datasetId, rowId: 2, version: 1, revision: 0 });
    await expect(call(deleteRow, { datasetId, rowId: 2, version: 1, revision: 0 })).rejects.toMatchObject({
      kind: 'conflict',
    });
    await expect(call(deleteRow, { datasetId, rowId: 2, version: 1, revision: 2 })).rejects.toMatchObject({
      kind: 'not_found',
    });
    await publishVersion(owner, { ...as.editor, datasetId }, { columns, rows });
    await expect(update({ id: 7 }, { revision: 1 })).rejects.toMatchObject({
      kind: 'conflict',
      details: { reason: 'version', version: 2 },
    });
  });

  test('for whoever may not write, in the words for no dataset at all', async () => {
    const input = { datasetId, rowId: 1, version: 1, revision: 0, set: { id: 1 } };
    const missing = { kind: 'not_found', message: 'no such dataset' };
    const share = (access: 'read' | 'write') => call(shareDataset, { datasetId, userId: as.colleague.userId, access });
    for (const identity of [theirs.as.owner, as.colleague, as.admin])
      await expect(call(updateRow, input, identity)).rejects.toMatchObject(missing);
    await share('read');
    await expect(call(updateRow, input, as.colleague)).rejects.toMatchObject(missing);
    await share('write');
    expect(await call(updateRow, input, as.colleague)).toMatchObject({ changeSet: 1 });
    expect((await call(listChanges, { datasetId })).items).toMatchObject([{ createdBy: as.colleague.userId }]);
    await expect(call(updateRow, input, as.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('for PostgREST’s role, which may call nothing that writes', async () => {
    const { rows: callable } = await owner.query(
      `select p.oid::regprocedure::text as name from pg_proc p where pronamespace = 'app'::regnamespace and provolatile = 'v'
         and has_function_privilege('authenticated', p.oid, 'execute') and proname <> 'uuidv7'`,
    );
    expect(callable).toEqual([]);
  });
});

describe('a frozen version', () => {
  beforeEach(() => call(setAlias, { datasetId, name: 'kept', version: 1 }));

  test('stays as it is: the change goes to a copy, which is current', async () => {
    const before = await allRows();
    const changed = await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { id: 50 } });
    expect(changed).toMatchObject({ version: 2, changeSet: 1, updated: 1 });
    expect((await call(queryRows, { datasetId, version: 'kept', limit: 1000 })).rows).toEqual(
      before.map(({ cells }) => cells),
    );
    expect(await row(1)).toMatchObject({ version: 2, revision: 1, cells: { id: 50 } });
    // who still sees version 1 is told
    await expect(
      call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { id: 51 } }),
    ).rejects.toMatchObject({
      kind: 'conflict',
    });
  });

  test('is not copied for a change that changes nothing, or that fails', async () => {
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { id: 0 } });
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { id: '9'.repeat(19) } }).catch(
      () => {},
    );
    const { rows: versions } = await owner.query('select number from dataset_versions where dataset_id = $1', [
      datasetId,
    ]);
    expect(versions).toEqual([{ number: 1 }]);
  });
});

describe('history', () => {
  test('of a row goes back through copies to the load, and pages', async () => {
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { id: 10 } });
    await call(setAlias, { datasetId, name: 'kept', version: 1 });
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 1, set: { id: 20 } });
    await call(updateRow, { datasetId, rowId: 2, version: 2, revision: 0, set: { id: 30 } });
    const history = await call(rowHistory, { datasetId, rowId: 1 });
    expect(history.items).toMatchObject([
      { version: 2, changeSet: 1, what: 'updated', before: { id: 10 }, after: { id: 20 } },
      { version: 1, changeSet: 1, what: 'updated', before: { id: 0 }, after: { id: 10 } },
    ]);
    const first = await call(rowHistory, { datasetId, rowId: 1, limit: 1 });
    expect(first.items).toEqual(history.items.slice(0, 1));
    const second = await call(rowHistory, { datasetId, rowId: 1, limit: 1, before: first.nextBefore ?? undefined });
    expect(second).toMatchObject({ items: history.items.slice(1), nextBefore: null });
  });

  test('knows rows that came in bulk by their range', async () => {
    await bulkInsert([5, 6]);
    expect(await row(5)).toMatchObject({ revision: 1 });
    expect((await call(rowHistory, { datasetId, rowId: 5 })).items).toMatchObject([
      { changeSet: 1, kind: 'append', what: 'inserted', before: null, after: null },
    ]);
  });
});

/** As a delivery would have inserted rows that are there: one change set for a range. */
async function bulkInsert([first, last]: readonly [number, number]): Promise<void> {
  await owner.query(
    `with number as (update dataset_versions set change_count = change_count + 1 where id = $3 returning change_count)
     insert into dataset_change_sets (tenant_id, dataset_id, version_id, number, kind, inserted, first_rowid, last_rowid, created_by)
     select $1, $2, $3, change_count, 'append', $6, $4, $5, $7 from number`,
    [tenantId, datasetId, versionId, first, last, last - first + 1, as.editor.userId],
  );
}

describe('a revert', () => {
  const revert = (number: number, version = 1) => call(revertChange, { datasetId, version, number });

  test('puts everything back: cells, deleted rows under their rowid and contributor, inserted rows gone', async () => {
    for (const chunk of [1, 2, 3]) {
      await owner.query(`update data."v_${versionId.replaceAll('-', '')}_p${chunk}" set user_id = $1 where rowid = 3`, [
        as.colleague.userId,
      ]);
    }
    const before = await allRows();
    const { rows } = await call(changeRows, {
      datasetId,
      version: 1,
      changes: [
        { op: 'update', rowId: 1, revision: 0, set: { cells: null, doc: null, at: '2020-01-01T00:00:00Z' } },
        { op: 'delete', rowId: 3, revision: 0 },
        { op: 'insert', values: { id: 9 } },
      ],
    });
    const after = await allRows();
    expect(await revert(1)).toMatchObject({ changeSet: 2, inserted: 1, updated: 1, deleted: 1, version: 1 });
    expect(await allRows()).toEqual(before);
    const { rows: contributors } = await owner.query(
      `select user_id from data."v_${versionId.replaceAll('-', '')}_p1" where rowid = 3`,
    );
    expect(contributors).toEqual([{ user_id: as.colleague.userId }]);
    // and the revert can be taken back itself
    await revert(2);
    expect(await allRows()).toEqual(after);
    expect((await call(listChanges, { datasetId })).items.map(({ kind, reverts }) => [kind, reverts])).toEqual([
      ['revert', 2],
      ['revert', 1],
      ['rows', null],
    ]);
    expect(rows[2]?.rowId).toBe(7);
  });

  test('is refused where a row was changed since, or there is no such change set', async () => {
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { id: 10 } });
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 1, set: { id: 20 } });
    await expect(revert(1)).rejects.toMatchObject({ kind: 'conflict', details: { rows: [{ rowId: 1, revision: 2 }] } });
    await expect(revert(3)).rejects.toMatchObject({ kind: 'not_found' });
    await revert(2);
    expect((await row(1)).cells.id).toBe(10);
    await revert(3); // the revert itself: 20 again, so that the first change cannot be taken back
    await expect(revert(1)).rejects.toMatchObject({ kind: 'conflict' });
    await revert(4);
    await revert(1);
    expect((await row(1)).cells.id).toBe(0);
  });

  test('of rows that came in bulk removes them, once, and not if one was changed since', async () => {
    await bulkInsert([4, 6]);
    await call(updateRow, { datasetId, rowId: 5, version: 1, revision: 1, set: { id: 50 } });
    await expect(revert(1)).rejects.toMatchObject({ kind: 'conflict' });
    await revert(2);
    expect(await revert(1)).toMatchObject({ deleted: 3 }); // what was taken back does not count
    await expect(revert(1)).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('of untouched rows in bulk cannot be taken back', async () => {
    await bulkInsert([4, 6]);
    expect(await revert(1)).toMatchObject({ deleted: 3, changeSet: 2 });
    expect((await allRows()).map(({ rowId }) => rowId)).toEqual([1, 2, 3]);
    expect(await call(getDataset, { datasetId })).toMatchObject({ rows: 3 });
    await expect(revert(2)).rejects.toMatchObject({ kind: 'precondition' });
    await expect(revert(1)).rejects.toMatchObject({ kind: 'conflict' });
    expect((await call(rowHistory, { datasetId, rowId: 5 })).items.map(({ what }) => what)).toEqual([
      'deleted',
      'inserted',
    ]);
  });

  test('in a frozen version goes to a copy', async () => {
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { id: 10 } });
    await call(setAlias, { datasetId, name: 'kept', version: 1 });
    expect(await revert(1)).toMatchObject({ version: 2, changeSet: 1 });
    expect((await row(1)).cells.id).toBe(0);
    expect((await call(getRow, { datasetId, rowId: 1, version: 'kept' })).cells.id).toBe(10);
  });
});
