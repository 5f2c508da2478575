import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { dependenciesOf } from '../../isolation/populate.ts';
import { createDatasetCaller } from '../../testing/dataset-caller.ts';
import { publishVersion } from '../../testing/publish-version.ts';
import { copyVersion } from '../changes/copy-version.ts';
import { insertRows } from '../changes/insert-rows.ts';
import { listChanges } from '../changes/list-changes.ts';
import { updateRow } from '../changes/update-row.ts';
import { exportRows } from '../export-rows.ts';
import { getDataset } from '../get-dataset.ts';
import { getLoad } from '../get-load.ts';
import { listColumns } from '../list-columns.ts';
import { queryRows } from '../query-rows.ts';
import { listAliases } from './list-aliases.ts';
import { removeAlias } from './remove-alias.ts';
import { restoreVersion } from './restore-version.ts';
import { setAlias } from './set-alias.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { as, tenantId } = await createTestOrganization(owner, 'ours');
const theirs = await createTestOrganization(owner, 'theirs');
const { call, newDataset } = createDatasetCaller(dependencies, owner, as.editor);

const table = (...values: string[]) => ({
  columns: [{ name: 'v', type: 'bigint' } as const],
  rows: values.map((value) => [value]),
});

let datasetId = '';
let count = 0;
beforeEach(async () => {
  count += 1;
  ({ datasetId } = await newDataset(`versions ${count}`, table('1')));
});
const publish = (...values: string[]) => publishVersion(owner, { ...as.editor, datasetId }, table(...values));
const rowsOf = async (version?: number | string) => (await call(queryRows, { datasetId, version })).rows;
const current = async () => (await call(getDataset, { datasetId })).version;

describe('an alias', () => {
  test('names a version wherever one reads, and moves', async () => {
    await call(setAlias, { datasetId, name: 'production', version: 1 });
    await publish('2');
    expect(await rowsOf('production')).toEqual([[1]]);
    expect((await call(listColumns, { datasetId, version: 'production' })).version).toBe(1);
    const exported = await exportRows(dependencies, as.editor, { datasetId, version: 'production' });
    expect(exported.version).toBe(1);
    expect((await exported.pages.next()).value).toEqual([['1']]);
    await call(setAlias, { datasetId, name: 'production', version: 2 });
    expect(await rowsOf('production')).toEqual([[2]]); // the process remembered version 1
    await call(setAlias, { datasetId, name: 'production', version: 2 }); // no move
    await call(removeAlias, { datasetId, name: 'production' });
    await expect(rowsOf('production')).rejects.toMatchObject({ kind: 'not_found' });
    const { aliases, history } = await call(listAliases, { datasetId });
    expect(aliases).toEqual([]);
    expect(history.map(({ name, version, movedBy }) => [name, version, movedBy])).toEqual(
      [null, 2, 1].map((version) => ['production', version, as.editor.userId]),
    );
  });

  test.each(['current', 'latest', '1', 'Production', 'a b', "x'; --", 'a'.repeat(64), ''])(
    'cannot be %j',
    async (name) => {
      await expect(call(setAlias, { datasetId, name, version: 1 })).rejects.toMatchObject({ kind: 'invalid' });
    },
  );

  test('needs a version with rows of its own, and write access', async () => {
    await expect(call(setAlias, { datasetId, name: 'x', version: 2 })).rejects.toMatchObject({ kind: 'not_found' });
    await owner.query(
      `insert into dataset_versions (tenant_id, dataset_id, number, original_bytes, original_name, created_by) values ($1, $2, 2, 0, 'x', $3)`,
      [tenantId, datasetId, as.editor.userId],
    );
    await expect(call(setAlias, { datasetId, name: 'x', version: 2 })).rejects.toMatchObject({ kind: 'precondition' });
    await expect(call(removeAlias, { datasetId, name: 'x' })).rejects.toMatchObject({ kind: 'not_found' });
    for (const identity of [as.colleague, theirs.as.owner]) {
      await expect(call(setAlias, { datasetId, name: 'x', version: 1 }, identity)).rejects.toMatchObject({
        message: 'no such dataset',
      });
      await expect(call(listAliases, { datasetId }, identity)).rejects.toMatchObject({ kind: 'not_found' });
    }
  });
});

describe('a restored version', () => {
  test('is current until a load that is asked for later', async () => {
    await publish('2');
    await call(restoreVersion, { datasetId, version: 1 });
    expect(await rowsOf()).toEqual([[1]]);
    await publish('3');
    expect(await current()).toBe(3);
  });

  test('does not give way to a load that was asked for before', async () => {
    const { rows } = await owner.query<{ id: string }>(
      `insert into dataset_versions (tenant_id, dataset_id, number, original_bytes, original_name, created_by) values ($1, $2, 2, 0, 'x', $3) returning id`,
      [tenantId, datasetId, as.editor.userId],
    );
    await publish('3');
    await call(restoreVersion, { datasetId, version: 1 });
    await owner.query(`update dataset_versions set state = 'ready', row_count = 0 where id = $1`, [rows[0]?.id]);
    await owner.query('select app.make_current($1)', [rows[0]?.id]);
    expect(await current()).toBe(1);
  });

  test('a copy that a change made does give way to a load that was asked for before it', async () => {
    await call(setAlias, { datasetId, name: 'kept', version: 1 });
    const { rows } = await owner.query<{ id: string }>(
      `insert into dataset_versions (tenant_id, dataset_id, number, original_bytes, original_name, created_by) values ($1, $2, 2, 0, 'x', $3) returning id`,
      [tenantId, datasetId, as.editor.userId],
    );
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { v: 5 } });
    expect(await current()).toBe(3);
    await owner.query(`update dataset_versions set state = 'ready', row_count = 0 where id = $1`, [rows[0]?.id]);
    await owner.query('select app.make_current($1)', [rows[0]?.id]);
    expect(await current()).toBe(2);
  });

  test('is audited; a failed or unknown one cannot be restored, nor by a stranger', async () => {
    await publish('2');
    await call(restoreVersion, { datasetId, version: 1 });
    const { rows } = await owner.query(
      `select details from audit_events where action = 'datasets.restore' and entity_id = $1`,
      [datasetId],
    );
    expect(rows).toEqual([{ details: { version: 1 } }]);
    await expect(call(restoreVersion, { datasetId, version: 9 })).rejects.toMatchObject({ kind: 'not_found' });
    await owner.query(`update dataset_versions set state = 'failed' where dataset_id = $1 and number = 2`, [datasetId]);
    await expect(call(restoreVersion, { datasetId, version: 2 })).rejects.toMatchObject({ kind: 'precondition' });
    await expect(call(restoreVersion, { datasetId, version: 1 }, theirs.as.owner)).rejects.toMatchObject({
      message: 'no such dataset',
    });
  });
});

describe('at the same time', () => {
  const update = (value: number, version = 1, revision = 0) =>
    call(updateRow, { datasetId, rowId: 1, version, revision, set: { v: value } });

  test('of twenty updates of one row with the same revision exactly one is done', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => update(100 + i)));
    const done = outcomes.filter(({ status }) => status === 'fulfilled');
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason.kind] : []));
    expect(done).toHaveLength(1);
    expect(new Set(refused)).toEqual(new Set(['conflict']));
    expect((await call(listChanges, { datasetId })).items).toHaveLength(1);
    expect(await rowsOf()).toEqual([[100 + outcomes.findIndex(({ status }) => status === 'fulfilled')]]);
  });

  test('inserts get rowids and change sets of their own, without gaps', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => call(insertRows, { datasetId, version: 1, rows: [{ v: i }, { v: i }] })),
    );
    const { rowIds, rows } = await call(queryRows, { datasetId, limit: 1000 });
    expect(rowIds).toHaveLength(25);
    expect(new Set(rowIds).size).toBe(25);
    expect(
      rows
        .slice(1)
        .map(([v]) => v)
        .sort(),
    ).toEqual(Array.from({ length: 24 }, (_, i) => Math.floor(i / 2)).sort());
    const { items } = await call(listChanges, { datasetId });
    expect(items.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, i) => 12 - i));
    expect((await call(getDataset, { datasetId })).rows).toBe(25);
  });

  test('an alias and writers: what the alias shows never changes after it was set', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { version } = await call(getDataset, { datasetId });
      const name = `kept${round}`;
      const writes = Array.from({ length: 4 }, (_, i) =>
        call(insertRows, { datasetId, version: version ?? 0, rows: [{ v: round * 10 + i }] }).catch(() => 'refused'),
      );
      const seen = call(setAlias, { datasetId, name, version: version ?? 0 }).then(() => rowsOf(name));
      const [frozen] = await Promise.all([seen, ...writes]);
      expect(await rowsOf(name)).toEqual(frozen);
    }
    // some were written to the version before it was frozen or to its copy: none is lost, none doubled
    const { rows } = await owner.query(
      `select v.number, v.row_count from dataset_versions v where v.dataset_id = $1 order by number`,
      [datasetId],
    );
    for (const { number, row_count } of rows) expect(await rowsOf(number)).toHaveLength(row_count);
  });

  test('a change and a publication: the change is in its version, or refused', async () => {
    const [changed, published] = await Promise.allSettled([update(7), publish('2')]);
    expect(published.status).toBe('fulfilled');
    expect(await rowsOf()).toEqual([[2]]);
    expect(await rowsOf(1)).toEqual([[changed.status === 'fulfilled' ? 7 : 1]]);
  });
});

describe('a frozen version that is too large to be copied on the way', () => {
  beforeEach(async () => {
    await call(setAlias, { datasetId, name: 'kept', version: 1 });
    await owner.query('update dataset_versions set row_count = 3000000 where dataset_id = $1', [datasetId]);
  });
  const shrink = () =>
    owner.query('update dataset_versions set row_count = 1 where dataset_id = $1 and number = 1', [datasetId]);
  const update = () => call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { v: 5 } });

  test('is copied by a job; until that is done, nothing is written', async () => {
    await expect(update()).rejects.toMatchObject({ kind: 'precondition', details: { reason: 'frozen' } });
    const { versionId } = await call(copyVersion, { datasetId });
    await expect(update()).rejects.toMatchObject({ kind: 'precondition', details: { reason: 'copying' } });
    await call(removeAlias, { datasetId, name: 'kept' }); // free, but still being copied
    await expect(update()).rejects.toMatchObject({ details: { reason: 'copying' } });
    await expect(call(copyVersion, { datasetId })).rejects.toMatchObject({ kind: 'conflict' });
    const { rows: queued } = await owner.query(
      `select data->'input'->>'versionId' as id, data->>'userId' as user from jobs.job where name = 'dataset.copy' and data->'input'->>'datasetId' = $1`,
      [datasetId],
    );
    expect(queued).toEqual([{ id: versionId, user: as.editor.userId }]);
    await shrink();
    const { rows: finished } = await owner.query('select app.finish_copy($1) as done', [versionId]);
    expect(finished).toEqual([{ done: true }]);
    expect((await owner.query('select app.finish_copy($1) as done', [versionId])).rows).toEqual([{ done: false }]);
    expect(await call(getLoad, { datasetId, versionId })).toMatchObject({ state: 'ready', loadedRows: 1, version: 2 });
    expect(await current()).toBe(2);
    await call(updateRow, { datasetId, rowId: 1, version: 2, revision: 0, set: { v: 5 } });
    expect([await rowsOf(1), await rowsOf()]).toEqual([[[1]], [[5]]]);
  });

  test('a copy is of no use once another version is current', async () => {
    const { versionId } = await call(copyVersion, { datasetId });
    await shrink();
    await publish('9');
    await expect(owner.query('select app.finish_copy($1)', [versionId])).rejects.toMatchObject({ code: 'GR409' });
    expect(await rowsOf()).toEqual([[9]]);
  });

  test('one that nothing refers to is not copied; nor for a stranger', async () => {
    await expect(call(copyVersion, { datasetId }, theirs.as.owner)).rejects.toMatchObject({
      message: 'no such dataset',
    });
    await call(removeAlias, { datasetId, name: 'kept' });
    await expect(call(copyVersion, { datasetId })).rejects.toMatchObject({ kind: 'precondition' });
  });
});
