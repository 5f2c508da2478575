import type { Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beforeAll, expect, test } from 'vitest';
import type { Action } from '../actions/define-action.ts';
import { executeAction } from '../actions/execute-action.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { publishVersion } from '../testing/publish-version.ts';
import { createDataset } from './create-dataset.ts';
import { deleteDataset } from './delete-dataset.ts';
import { describeDataset } from './describe-dataset.ts';
import { listDatasets } from './list-datasets.ts';
import { listShares } from './list-shares.ts';
import { queryRows } from './query-rows.ts';
import { shareDataset } from './share-dataset.ts';
import { unshareDataset } from './unshare-dataset.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const { tenantId, as, roleIds } = await createTestOrganization(owner, 'ours');
const call = (action: Action, identity: Member, input: unknown) => executeAction(dependencies, action, identity, input);
const kind = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { kind: string }) => error.kind,
  );

let datasetId = '';
beforeAll(async () => {
  datasetId = createDataset.output.parse(await call(createDataset, as.editor, { name: 'shared' })).dataset.id;
  await publishVersion(
    owner,
    { ...as.editor, datasetId },
    { columns: [{ name: 'v', type: 'bigint' }], rows: [['1'], ['2']] },
  );
});

const rowsOf = async (identity: Member) => queryRows.output.parse(await call(queryRows, identity, { datasetId })).rows;
const share = async (input: object) =>
  shareDataset.output.parse(await call(shareDataset, as.editor, { datasetId, ...input })).id;
const unshare = (shareId: string) => call(unshareDataset, as.editor, { datasetId, shareId });

test('with a member whose name is misspelled it is shared with nobody', async () => {
  expect(await kind(share({ user: as.colleague.userId }))).toBe('invalid');
  expect(await kind(rowsOf(as.colleague))).toBe('not_found');
});

test.each([
  ['a member', () => ({ userId: as.colleague.userId })],
  ['a role', () => ({ roleId: roleIds.editor })],
  ['everybody in the organization', () => ({})],
])(
  'shared with %s it can be read, at the next request; taken back it is gone, at the next request',
  async (_, subject) => {
    expect(await kind(rowsOf(as.colleague))).toBe('not_found');
    const id = await share(subject());
    expect(await rowsOf(as.colleague)).toEqual([[1], [2]]);
    expect(listDatasets.output.parse(await call(listDatasets, as.colleague, {})).items.map((each) => each.id)).toEqual([
      datasetId,
    ]);
    await unshare(id);
    expect(await kind(rowsOf(as.colleague))).toBe('not_found');
  },
);

test('read access permits neither describing, sharing nor deleting, and shows no other shares', async () => {
  const id = await share({ userId: as.colleague.userId, access: 'read' });
  expect(await kind(call(describeDataset, as.colleague, { datasetId, name: 'mine' }))).toBe('not_found');
  expect(await kind(call(shareDataset, as.colleague, { datasetId, userId: as.viewer.userId }))).toBe('not_found');
  expect(await kind(call(deleteDataset, as.colleague, { datasetId }))).toBe('not_found');
  expect(await call(listShares, as.colleague, { datasetId })).toEqual([]);
  await unshare(id);
});

test('sharing again changes the access instead of doubling the share', async () => {
  const first = await share({ userId: as.colleague.userId, access: 'read' });
  const second = await share({ userId: as.colleague.userId, access: 'write' });
  expect(second).toBe(first);
  expect(await kind(call(describeDataset, as.colleague, { datasetId, description: 'by a colleague' }))).toBe('done');
  await unshare(first);
});

test('access to a dataset never exceeds one’s permissions: a viewer with write access still cannot write', async () => {
  const id = await share({ userId: as.viewer.userId, access: 'write' });
  expect(await rowsOf(as.viewer)).toHaveLength(2);
  expect(await kind(call(describeDataset, as.viewer, { datasetId, name: 'x' }))).toBe('forbidden');
  await unshare(id);
});

test('one cannot share with somebody outside the organization', async () => {
  const elsewhere = await createTestOrganization(owner, 'elsewhere');
  expect(await kind(share({ userId: elsewhere.as.owner.userId }))).toBe('not_found');
  expect(await kind(share({ roleId: elsewhere.roleIds.owner }))).toBe('not_found');
});

test('every change has its audit event, with the actor and without what it need not hold', async () => {
  const { rows } = await owner.query(
    `select action, actor_id, entity_id, details from audit_events where tenant_id = $1 and action = 'datasets.share' and outcome = 'done' order by id limit 1`,
    [tenantId],
  );
  expect(rows).toEqual([
    {
      action: 'datasets.share',
      actor_id: as.editor.userId,
      entity_id: datasetId,
      details: { userId: as.colleague.userId, access: 'read' },
    },
  ]);
});

test('a change whose audit event fails did not happen', async () => {
  await owner.query(`create function boom() returns trigger language plpgsql as $$ begin raise 'no room'; end $$;
    create trigger boom before insert on audit_events for each row execute function boom()`);
  await expect(call(describeDataset, as.editor, { datasetId, name: 'not so' })).rejects.toThrow('no room');
  await owner.query('drop trigger boom on audit_events');
  expect((await owner.query('select name from datasets where id = $1', [datasetId])).rows).toEqual([
    { name: 'shared' },
  ]);
});

test('deleting removes the rows’ tables with everything else', async () => {
  await call(deleteDataset, as.editor, { datasetId });
  const { rows } = await owner.query(
    `select count(*)::int as n from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'`,
  );
  expect(rows).toEqual([{ n: 0 }]);
});
