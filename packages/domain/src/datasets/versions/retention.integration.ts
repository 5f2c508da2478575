import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/list-audit-events.ts';
import { startExport } from '../../exports/start-export.ts';
import { dependenciesOf } from '../../isolation/populate.ts';
import { createDatasetCaller } from '../../testing/dataset-caller.ts';
import { publishVersion } from '../../testing/publish-version.ts';
import { rowHistory } from '../changes/row-history.ts';
import { updateRow } from '../changes/update-row.ts';
import { listVersions } from '../list-versions.ts';
import { queryRows } from '../query-rows.ts';
import { shareDataset } from '../share-dataset.ts';
import { applyRetention } from './apply-retention.ts';
import { deleteVersion } from './delete-version.ts';
import { getRetention } from './get-retention.ts';
import { removeAlias } from './remove-alias.ts';
import { restoreVersion } from './restore-version.ts';
import { retainVersions } from './retain-versions.ts';
import { setAlias } from './set-alias.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const worker = createDatabase(database.pool('granary_worker'), { prepared: true });
const { as } = await createTestOrganization(owner, 'ours');
const theirs = await createTestOrganization(owner, 'theirs');
const { call, newDataset } = createDatasetCaller(dependenciesOf(database), owner, as.editor);

const table = (...values: string[]) => ({
  columns: [{ name: 'v', type: 'bigint' } as const],
  rows: values.map((value) => [value]),
});
const publish = (...values: string[]) => publishVersion(owner, { ...as.editor, datasetId }, table(...values));
const versions = async () =>
  (await call(listVersions, { datasetId })).items.map(({ number, state }) => [number, state]);
const tables = async () => {
  const { rows } = await owner.query(
    `select relname from pg_class c join dataset_versions v on c.relname = app.data_table_name(v.id, 1) where v.dataset_id = $1`,
    [datasetId],
  );
  return rows.length;
};
const age = (number: number, days: number) =>
  owner.query(
    `update dataset_versions set published_at = now() - make_interval(days => $3) where dataset_id = $1 and number = $2`,
    [datasetId, number, days],
  );

let datasetId = '';
let count = 0;
beforeEach(async () => {
  count += 1;
  ({ datasetId } = await newDataset(`retained ${count}`, table('1')));
});

describe('a version that is deleted', () => {
  test('is gone with its tables, and its number is not given again', async () => {
    await publish('2');
    await call(deleteVersion, { datasetId, version: 1 });
    expect([await versions(), await tables()]).toEqual([[[2, 'ready']], 1]);
    await publish('3');
    await call(restoreVersion, { datasetId, version: 2 });
    await call(deleteVersion, { datasetId, version: 3 });
    await publish('4');
    expect(await versions()).toEqual([
      [4, 'ready'],
      [2, 'ready'],
    ]);
    expect((await call(queryRows, { datasetId })).rows).toEqual([[4]]);
    await expect(call(queryRows, { datasetId, version: 1 })).rejects.toMatchObject({ kind: 'not_found' });
    await expect(call(deleteVersion, { datasetId, version: 1 })).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('is none that something refers to, which is named', async () => {
    await publish('2');
    const refusal = (version: number) =>
      call(deleteVersion, { datasetId, version }).then(
        () => 'deleted',
        (error) => [error.kind, error.details.referredToBy],
      );
    expect(await refusal(2)).toEqual(['precondition', { current: true }]);
    await call(setAlias, { datasetId, name: 'paper', version: 1 });
    await call(setAlias, { datasetId, name: 'archive', version: 1 });
    expect(await refusal(1)).toEqual(['precondition', { aliases: ['archive', 'paper'] }]);
    await call(removeAlias, { datasetId, name: 'paper' });
    await call(removeAlias, { datasetId, name: 'archive' });
    await call(startExport, { datasetId, version: 1, format: 'csv' });
    expect(await refusal(1)).toEqual(['precondition', { exports: 1 }]);
    await owner.query(`delete from dataset_exports where dataset_id = $1`, [datasetId]);
    expect(await refusal(1)).toBe('deleted');
  });

  test('leaves its changes and its quarantine where the rows of another version came from it', async () => {
    await owner.query(
      `insert into quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason)
       select tenant_id, dataset_id, id, 1, 1, 0, 'x', 'ragged' from dataset_versions where dataset_id = $1`,
      [datasetId],
    );
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 0, set: { v: 2 } });
    await call(setAlias, { datasetId, name: 'paper', version: 1 });
    await call(updateRow, { datasetId, rowId: 1, version: 1, revision: 1, set: { v: 3 } });
    await call(removeAlias, { datasetId, name: 'paper' });
    await call(deleteVersion, { datasetId, version: 1 });
    expect([await versions(), await tables()]).toEqual([
      [
        [2, 'ready'],
        [1, 'removed'],
      ],
      1,
    ]);
    expect((await call(listVersions, { datasetId })).items.map(({ originalSha256 }) => originalSha256)).toEqual([
      '0'.repeat(64), // the copy's own
      null,
    ]);
    const { items } = await call(rowHistory, { datasetId, rowId: 1 });
    expect(items.map(({ version, before, after }) => [version, before, after])).toEqual([
      [2, { v: 2 }, { v: 3 }],
      [1, { v: 1 }, { v: 2 }],
    ]);
    const kept = async () =>
      (await owner.query('select from quarantined_rows where dataset_id = $1', [datasetId])).rowCount;
    expect(await kept()).toBe(1);
    for (const request of [
      () => call(queryRows, { datasetId, version: 1 }),
      () => call(restoreVersion, { datasetId, version: 1 }),
      () => call(setAlias, { datasetId, name: 'x', version: 1 }),
      () => call(deleteVersion, { datasetId, version: 1 }),
    ])
      await expect(request()).rejects.toHaveProperty('kind', expect.stringMatching(/not_found|precondition/));
    await publish('4');
    await call(deleteVersion, { datasetId, version: 2 });
    expect([await versions(), await kept()]).toEqual([[[3, 'ready']], 0]);
  });

  test('stays as a past where rows of its deliveries went into another version since', async () => {
    const ids = [as.editor.tenantId, datasetId, as.editor.userId];
    await owner.query(
      `insert into dataset_versions (tenant_id, dataset_id, number, original_bytes, original_name, created_by, mode, state, merged_into, merged_change_set)
       select $1, $2, 2, 0, 'x', $3, 'append', 'merged', id, 1 from dataset_versions where dataset_id = $2`,
      ids,
    );
    await publish('3');
    await owner.query(
      `insert into dataset_change_sets (tenant_id, dataset_id, version_id, number, kind, source_version_id, created_by)
       select $1, $2, v.id, 1, 'replay', s.id, $3 from dataset_versions v join dataset_versions s using (dataset_id)
       where dataset_id = $2 and v.number = 3 and s.number = 2`,
      ids,
    );
    await expect(call(deleteVersion, { datasetId, version: 2 })).rejects.toMatchObject({ kind: 'precondition' });
    await call(deleteVersion, { datasetId, version: 1 });
    expect(await versions()).toEqual([
      [3, 'ready'],
      [2, 'merged'],
      [1, 'removed'],
    ]);
    await publish('4');
    await call(deleteVersion, { datasetId, version: 3 });
    expect(await versions()).toEqual([[4, 'ready']]);
  });

  test('is not waited for while somebody reads it', async () => {
    await publish('2');
    const reader = await owner.connect();
    try {
      await reader.query('begin');
      const { rows } = await reader.query(
        'select app.data_table_name(id, 1) as name from dataset_versions where dataset_id = $1 and number = 1',
        [datasetId],
      );
      await reader.query(`select * from data."${rows[0].name}"`);
      await expect(call(deleteVersion, { datasetId, version: 1 })).rejects.toMatchObject({ kind: 'conflict' });
    } finally {
      await reader.query('rollback');
      reader.release();
    }
    await call(deleteVersion, { datasetId, version: 1 });
  });

  test('is exported or deleted, where both are asked for at once', async () => {
    for (let round = 1; round < 16; round += 1) {
      await publish(String(round));
      const kinds = await Promise.all(
        [
          () => call(startExport, { datasetId, version: round, format: 'csv' }),
          () => call(deleteVersion, { datasetId, version: round }),
        ].map((ask) =>
          ask().then(
            () => 'done',
            (error) => error.kind,
          ),
        ),
      );
      expect([
        ['done', 'precondition'],
        ['not_found', 'done'],
      ]).toContainEqual(kinds);
      await owner.query(`update dataset_exports set state = 'failed', error = '{}' where dataset_id = $1`, [datasetId]);
    }
  });

  test('is for who administers the dataset alone', async () => {
    await publish('2');
    await call(shareDataset, { datasetId, userId: as.colleague.userId, access: 'write' });
    for (const identity of [as.colleague, theirs.as.owner]) {
      for (const request of [
        () => call(deleteVersion, { datasetId, version: 1 }, identity),
        () => call(retainVersions, { datasetId, keepVersions: 1 }, identity),
      ])
        await expect(request()).rejects.toMatchObject({ kind: 'not_found' });
    }
    await expect(call(getRetention, { datasetId }, theirs.as.owner)).rejects.toMatchObject({ kind: 'not_found' });
    expect(await call(getRetention, { datasetId }, as.colleague)).toMatchObject({ keepVersions: null });
  });
});

describe('retention', () => {
  const retained = () =>
    applyRetention(worker, {
      onFailure(_, error) {
        throw error;
      },
    });

  test('keeps everything until something is said', async () => {
    await publish('2');
    await age(1, 10_000);
    expect(await call(getRetention, { datasetId })).toEqual({ keepVersions: null, keepDays: null, due: [] });
    expect(await retained()).toEqual([]);
  });

  test('removes what is neither among the newest nor young enough, and what it would remove can be asked', async () => {
    for (const value of ['2', '3', '4']) await publish(value);
    for (const number of [1, 2]) await age(number, 31);
    await call(retainVersions, { datasetId, keepVersions: 3, keepDays: 30 });
    expect((await call(getRetention, { datasetId })).due).toEqual([1]);
    await call(retainVersions, { datasetId, keepVersions: null, keepDays: 30 });
    expect((await call(getRetention, { datasetId })).due).toEqual([1, 2]);
    await call(retainVersions, { datasetId, keepVersions: 1 });
    expect((await call(getRetention, { datasetId })).due).toEqual([1, 2, 3]);
    expect(await retained()).toEqual([{ datasetId, versions: [1, 2, 3] }]);
    expect([await versions(), await tables()]).toEqual([[[4, 'ready']], 1]);
    expect(await retained()).toEqual([]);
    const { items } = await call(listAuditEvents, { entityId: datasetId }, as.auditor);
    expect(items[0]).toMatchObject({
      action: 'datasets.retention',
      actorKind: 'system',
      entityId: datasetId,
      details: { versions: [1, 2, 3] },
    });
  });

  test('never removes what something refers to', async () => {
    await publish('2');
    await publish('3');
    await call(setAlias, { datasetId, name: 'paper', version: 1 });
    await call(restoreVersion, { datasetId, version: 2 });
    await call(retainVersions, { datasetId, keepVersions: 1 });
    for (const number of [1, 2, 3]) await age(number, 10_000);
    expect(await retained()).toEqual([]); // 3 is the newest
    await publish('4');
    expect(await retained()).toEqual([{ datasetId, versions: [2, 3] }]);
    expect((await call(queryRows, { datasetId, version: 'paper' })).rows).toEqual([[1]]);
  });

  test('waits for the next run while somebody writes, or reads what is to go', async () => {
    await publish('2');
    await call(retainVersions, { datasetId, keepVersions: 1 });
    const other = await owner.connect();
    try {
      await other.query('begin');
      await other.query('select from datasets where id = $1 for update', [datasetId]);
      expect(await retained()).toEqual([]);
      await other.query('rollback; begin');
      const { rows } = await other.query(
        'select app.data_table_name(id, 1) as name from dataset_versions where dataset_id = $1 and number = 1',
        [datasetId],
      );
      await other.query(`select * from data."${rows[0].name}"`);
      expect(await retained()).toEqual([]);
    } finally {
      await other.query('rollback');
      other.release();
    }
    expect(await retained()).toEqual([{ datasetId, versions: [1] }]);
  });

  test('of whoever names a version at the same moment, one wins', async () => {
    for (let round = 2; round < 12; round += 1) {
      await publish(String(round));
      await call(retainVersions, { datasetId, keepVersions: 1 });
      const name = `round-${round}`;
      const [named] = await Promise.all([
        call(setAlias, { datasetId, name, version: round - 1 }).then(
          () => true,
          (error) => {
            expect(error.kind).toBe('not_found');
            return false;
          },
        ),
        retained(),
      ]);
      if (named) expect((await call(queryRows, { datasetId, version: name })).rows).toHaveLength(1);
    }
  });

  test.for([{ keepVersions: 0 }, { keepDays: 0 }, { keepDays: 1.5 }, { keepVersions: -1 }, { keepDays: 1e9 }])(
    'cannot be %j',
    async (wrong) => {
      await expect(call(retainVersions, { datasetId, ...wrong })).rejects.toMatchObject({ kind: 'invalid' });
    },
  );
});
