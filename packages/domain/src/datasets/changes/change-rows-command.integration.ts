import { asUser } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { toDomainError } from '../../errors/to-domain-error.ts';
import { dependenciesOf } from '../../isolation/populate.ts';
import { createDatasetCaller } from '../../testing/dataset-caller.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { as } = await createTestOrganization(owner, 'ours');
const { newDataset } = createDatasetCaller(dependencies, owner, as.editor);

let datasetId = '';
let versionId = '';
beforeAll(async () => {
  const columns = [
    { name: 'id', type: 'bigint' },
    { name: 'label', type: 'text' },
  ] as const;
  ({ datasetId, versionId } = await newDataset('raw', {
    columns,
    rows: [
      ['1', 'a'],
      ['2', 'b'],
    ],
  }));
});

const change = (changes: string, version: number | null = 1) =>
  asUser(dependencies.database, as.editor, null, async (db) => {
    const { rows } = await sql<{
      done: object;
    }>`select app.change_rows(${datasetId}::uuid, ${version}::integer, ${changes}::jsonb) as done`.execute(db);
    return rows[0]?.done;
  }).catch((error: unknown) => {
    throw toDomainError(error);
  });
const content = async () =>
  (await owner.query(`select * from data."v_${versionId.replaceAll('-', '')}_p1" order by rowid`)).rows;

test.each([
  'null',
  '{}',
  '[]',
  '"x"',
  '[5]',
  '[null]',
  '["rowid"]',
  '[[]]',
  '[{}]',
  '[{"op": "truncate"}]',
  '[{"op": "update", "rowid": 1}]',
  '[{"op": "update", "rowid": 1, "set": {}}]',
  '[{"op": "update", "rowid": 1, "set": []}]',
  '[{"op": "update", "rowid": 1, "set": {"id": 5}}]',
  '[{"op": "update", "rowid": 1, "set": {"label": {"a": 1}}}]',
  '[{"op": "update", "rowid": "1", "set": {"id": "5"}}]',
  '[{"op": "update", "rowid": 1.5, "set": {"id": "5"}}]',
  '[{"op": "update", "rowid": -1, "set": {"id": "5"}}]',
  '[{"op": "update", "rowid": 99999999999999999999, "set": {"id": "5"}}]',
  '[{"op": "update", "rowid": 1, "revision": "x", "set": {"id": "5"}}]',
  '[{"op": "update", "rowid": 1, "set": {"user_id": null}}]',
  '[{"op": "delete", "set": {"id": "5"}}]',
  '[{"op": "insert"}]',
  '[{"op": "insert", "values": null}]',
  '[{"op": "insert", "rowid": 1, "values": {}}]',
  '[{"op": "insert", "rowid": "x", "values": {}}]',
  '[{"op": "insert", "set": {}, "values": {"id": 5}}]',
  '[{"op": "insert", "set": {}, "values": {"nope": "5"}}]',
  `[${Array.from({ length: 1001 }, () => '{"op": "insert", "values": {}}').join(',')}]`,
])('what is no change is refused and changes nothing: %s', async (changes) => {
  const before = await content();
  await expect(change(changes)).rejects.toMatchObject({ kind: 'invalid' });
  expect(await content()).toEqual(before);
});

test('a contributor or a tenant cannot be chosen', async () => {
  await change(
    `[{"op": "insert", "user_id": "${as.colleague.userId}", "tenant_id": "${as.colleague.userId}", "values": {"label": "mine"}}]`,
  );
  expect((await content()).at(-1)).toMatchObject({
    label: 'mine',
    user_id: as.editor.userId,
    tenant_id: as.editor.tenantId,
  });
});

test('without a version and a revision, what is there is taken', async () => {
  expect(await change('[{"op": "update", "rowid": 2, "set": {"label": "c"}}]', null)).toMatchObject({ updated: 1 });
  expect(await change('[{"op": "update", "rowid": 2, "set": {"label": "d"}}]', null)).toMatchObject({ updated: 1 });
});

test('a thousand rows are one change set, and too many cells at once are refused', async () => {
  const inserts = JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ op: 'insert', values: { id: String(i) } })));
  expect(await change(inserts)).toMatchObject({ inserted: 1000 });
  const wide = await newDataset('wide', {
    columns: Array.from({ length: 1001 }, (_, i) => ({ name: `c${i}`, type: 'text' as const })),
    rows: [],
    chunkSize: 400,
  });
  const before = datasetId;
  datasetId = wide.datasetId;
  await expect(change(inserts.replaceAll('"id"', '"c0"'))).rejects.toMatchObject({ kind: 'limit_reached' });
  expect(await change(JSON.stringify([{ op: 'insert', values: { c0: 'a', c1000: 'b' } }]))).toMatchObject({
    inserted: 1,
  });
  datasetId = before;
});
