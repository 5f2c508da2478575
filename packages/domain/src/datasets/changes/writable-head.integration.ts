import { asUser, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { executeAction } from '../../actions/execute-action.ts';
import { toDomainError } from '../../errors/to-domain-error.ts';
import { dependenciesOf } from '../../isolation/populate.ts';
import { publishVersion } from '../../testing/publish-version.ts';
import { createDataset } from '../create-dataset.ts';
import { shareDataset } from '../share-dataset.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { tenantId, as } = await createTestOrganization(owner, 'ours');
const theirs = await createTestOrganization(owner, 'theirs');

const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'label', type: 'text' },
  { name: 'score', type: 'double precision' },
] as const;
const rows = Array.from({ length: 20 }, (_, index) => [String(index), index % 3 === 0 ? null : `l${index}`, '0.1']);

async function newDataset(name: string): Promise<{ datasetId: string; versionId: string }> {
  const created = createDataset.output.parse(await executeAction(dependencies, createDataset, as.editor, { name }));
  const datasetId = created.dataset.id;
  return { datasetId, ...(await publishVersion(owner, { ...as.editor, datasetId }, { columns, rows, chunkSize: 2 })) };
}

const writableHead = (identity: Member, datasetId: string) =>
  asUser(dependencies.database, identity, null, async (db) => {
    const { rows: found } = await sql<{ id: string }>`select app.writable_head(${datasetId}::uuid) as id`.execute(db);
    return found[0]!.id;
  }).catch((error: unknown) => {
    throw toDomainError(error);
  });

const freeze = (datasetId: string, versionId: string) =>
  owner.query(
    `insert into dataset_aliases (tenant_id, dataset_id, name, version_id, moved_by) values ($1, $2, 'kept', $3, $4)`,
    [tenantId, datasetId, versionId, as.editor.userId],
  );

const tableOf = (versionId: string, chunk: number) => `data."v_${versionId.replaceAll('-', '')}_p${chunk}"`;
const contentOf = async (versionId: string) => {
  const { rows: found } = await owner.query(
    `select * from ${tableOf(versionId, 1)} join ${tableOf(versionId, 2)} using (rowid, tenant_id, user_id) order by rowid`,
  );
  return found;
};

test('what nothing refers to is written to as it is', async () => {
  const { datasetId, versionId } = await newDataset('free');
  expect(await writableHead(as.editor, datasetId)).toBe(versionId);
});

test('a frozen version is copied: the rows keep their rowids and contributors, new ones never get an old rowid', async () => {
  const { datasetId, versionId } = await newDataset('kept');
  for (const chunk of [1, 2]) {
    await owner.query(`update ${tableOf(versionId, chunk)} set user_id = $1 where rowid = 3`, [as.colleague.userId]);
    await owner.query(`delete from ${tableOf(versionId, chunk)} where rowid = 20`);
  }
  await owner.query('update dataset_versions set row_count = 19 where id = $1', [versionId]);
  await freeze(datasetId, versionId);
  const copy = await writableHead(as.editor, datasetId);
  expect(copy).not.toBe(versionId);
  expect(await contentOf(copy)).toEqual(await contentOf(versionId));
  expect((await contentOf(copy)).find(({ rowid }) => rowid === 3)).toMatchObject({ user_id: as.colleague.userId });
  const { rows: inserted } = await owner.query(`insert into ${tableOf(copy, 1)} default values returning rowid`);
  expect(inserted).toEqual([{ rowid: 21 }]);
  const { rows: versions } = await owner.query(
    `select v.number, v.state, v.row_count, v.copied_from, v.original_sha256, d.current_version_id, l.state as load,
       (select count(*)::int from dataset_columns c where c.version_id = v.id) as columns
     from dataset_versions v join datasets d on d.id = v.dataset_id join dataset_loads l on l.version_id = v.id where v.id = $1`,
    [copy],
  );
  expect(versions).toEqual([
    {
      number: 2,
      state: 'ready',
      row_count: 19,
      copied_from: versionId,
      original_sha256: '0'.repeat(64),
      current_version_id: copy,
      load: 'ready',
      columns: 3,
    },
  ]);
  // the copy is free: the next write goes to it
  expect(await writableHead(as.editor, datasetId)).toBe(copy);
});

test('a copy is as private as what it was copied from', async () => {
  const { datasetId, versionId } = await newDataset('private');
  await freeze(datasetId, versionId);
  const copy = await writableHead(as.editor, datasetId);
  const { rows: protections } = await owner.query(
    `select c.relname ~ $1 as of_copy, c.relrowsecurity, c.relforcerowsecurity,
       (select array_agg(pg_get_expr(p.polqual, p.polrelid)) from pg_policy p where p.polrelid = c.oid) as policies,
       (select array_agg(k.conname || ' ' || k.convalidated order by k.conname) from pg_constraint k where k.conrelid = c.oid and k.contype <> 'n') as constraints,
       replace(c.relacl::text, '"', '') as grants
     from pg_class c where c.relnamespace = 'data'::regnamespace and c.relkind = 'r' and c.relname ~ $2 order by c.relname`,
    [copy.replaceAll('-', ''), `${copy.replaceAll('-', '')}|${versionId.replaceAll('-', '')}`],
  );
  expect(protections).toHaveLength(4);
  const withoutNames = protections.map(({ of_copy: _, constraints, ...each }) => ({
    ...each,
    constraints: constraints.map((name: string) => name.replace(/v_[0-9a-f]+_p\d/, 'v')),
  }));
  expect(new Set(withoutNames.map((each) => JSON.stringify(each))).size).toBe(1);
});

test('a version of too many cells is not copied on the way, and the error says what to call', async () => {
  const { datasetId, versionId } = await newDataset('large');
  await freeze(datasetId, versionId);
  await owner.query('update dataset_versions set row_count = 700000 where id = $1', [versionId]);
  await expect(writableHead(as.editor, datasetId)).rejects.toMatchObject({
    kind: 'precondition',
    message: expect.stringContaining('datasets.copyVersion'),
    details: { reason: 'frozen', version: 1, cells: 2_100_000, limit: 2_000_000 },
  });
});

test('only who may write gets one: a share for reading, no share, another organization, and PostgREST do not', async () => {
  const { datasetId, versionId } = await newDataset('shared');
  const share = (access: string) =>
    executeAction(dependencies, shareDataset, as.editor, { datasetId, userId: as.colleague.userId, access });
  const missing = { kind: 'not_found', message: 'no such dataset' };
  for (const identity of [as.colleague, as.admin, theirs.as.owner])
    await expect(writableHead(identity, datasetId)).rejects.toMatchObject(missing);
  await share('read');
  await expect(writableHead(as.colleague, datasetId)).rejects.toMatchObject(missing);
  await share('write');
  expect(await writableHead(as.colleague, datasetId)).toBe(versionId);
  const { rows: callable } = await owner.query<{ name: string }>(
    `select proname as name from pg_proc where pronamespace = 'app'::regnamespace and has_function_privilege('authenticated', oid, 'execute')
       and proname in ('writable_head', 'thaw', 'lock_head', 'begin_copy', 'fill_copy', 'make_current')`,
  );
  expect(callable).toEqual([]);
});

test('an empty dataset has no head to write to', async () => {
  const created = createDataset.output.parse(
    await executeAction(dependencies, createDataset, as.editor, { name: 'empty' }),
  );
  await expect(writableHead(as.editor, created.dataset.id)).rejects.toMatchObject({ kind: 'precondition' });
});
