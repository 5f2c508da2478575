import type { Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Action } from '../actions/define-action.ts';
import { executeAction } from '../actions/execute-action.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { declareIdentifiers } from '../datasets/declare-identifiers.ts';
import { deleteDataset } from '../datasets/delete-dataset.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { beginUpload } from '../uploads/begin-upload.ts';
import { listEncryptionKeys } from './list-keys.ts';
import { rotateEncryptionKey } from './rotate-key.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const dependencies = dependenciesOf(testDatabase);
const act = (action: Action, identity: Member, input: unknown) => executeAction(dependencies, action, identity, input);
const people = async (identity: Member, name: string) =>
  createDataset.output.parse(await act(createDataset, identity, { name, identifiers: ['id'] })).dataset.id;

test('without a master key, what needs encryption says what is to be set, and leaves nothing behind', async () => {
  const { as } = await createTestOrganization(owner, 'bare');
  const { masterKeys: _, ...bare } = dependencies;
  const without = (action: Action, identity: Member, input: unknown) => executeAction(bare, action, identity, input);
  const missing = { kind: 'precondition', message: expect.stringContaining('set GRANARY_MASTER_KEY') };
  await expect(without(createDataset, as.editor, { name: 'x', identifiers: ['id'] })).rejects.toMatchObject(missing);
  await expect(without(rotateEncryptionKey, as.admin, {})).rejects.toMatchObject(missing);
  const datasetId = createDataset.output.parse(await without(createDataset, as.editor, { name: 'x' })).dataset.id;
  await expect(without(declareIdentifiers, as.editor, { datasetId, identifiers: ['id'] })).rejects.toMatchObject(
    missing,
  );
  const { rows } = await owner.query('select identifiers from datasets where id = $1', [datasetId]);
  expect(rows).toEqual([{ identifiers: [] }]);
});

test('many who need the first key of an organization at once get the same one', async () => {
  const { as, tenantId } = await createTestOrganization(owner, 'crowd');
  await Promise.all(Array.from({ length: 6 }, (_, index) => people(as.editor, `people ${index}`)));
  const { rows } = await owner.query(
    `select purpose, count(*)::int as n from encryption_keys where tenant_id = $1 group by 1 order by 1`,
    [tenantId],
  );
  expect(rows).toEqual([
    { purpose: 'dataset', n: 6 },
    { purpose: 'pseudonym', n: 1 },
  ]);
});

test('rotations at once make one version each, of which the last is in use', async () => {
  const { as, tenantId } = await createTestOrganization(owner, 'rotating');
  await people(as.editor, 'people');
  const made = await Promise.all(Array.from({ length: 4 }, () => act(rotateEncryptionKey, as.admin, {})));
  const versions = made.map((each) => rotateEncryptionKey.output.parse(each).version);
  expect(versions.sort()).toEqual([2, 3, 4, 5]);
  const { items } = listEncryptionKeys.output.parse(await act(listEncryptionKeys, as.admin, {}));
  expect(items.filter(({ retiredAt }) => retiredAt === null).map(({ version }) => version)).toEqual([5]);
  const { rows } = await owner.query(
    `select count(*)::int as n from audit_events where tenant_id = $1 and action = 'encryption.rotate'`,
    [tenantId],
  );
  expect(rows).toEqual([{ n: 4 }]);
});

test('an upload for a dataset with identifiers is sealed for who may write it, and for nobody else', async () => {
  const { as } = await createTestOrganization(owner, 'sealed');
  const datasetId = await people(as.editor, 'people');
  const begin = (identity: Member, id = datasetId) =>
    act(beginUpload, identity, { fileName: 'f.csv', bytes: 1, datasetId: id });
  expect(await begin(as.editor)).toMatchObject({ sealed: true });
  await expect(begin(as.colleague)).rejects.toMatchObject({ kind: 'not_found' });
  const plain = createDataset.output.parse(await act(createDataset, as.editor, { name: 'plain' })).dataset.id;
  expect(await begin(as.editor, plain)).toMatchObject({ sealed: false });
});

test('the keys of a dataset, and of its files, go with it', async () => {
  const { as } = await createTestOrganization(owner, 'deleting');
  const datasetId = await people(as.editor, 'people');
  await act(beginUpload, as.editor, { fileName: 'f.csv', bytes: 1, datasetId });
  const count = async () =>
    z.object({ keys: z.int(), files: z.int(), uploads: z.int() }).parse(
      (
        await owner.query(
          `select (select count(*)::int from encryption_keys where dataset_id = $1) as keys,
               (select count(*)::int from sealed_files where dataset_id = $1) as files,
               (select count(*)::int from uploads u join sealed_files f on f.id = u.sealed_file_id and f.dataset_id = $1) as uploads`,
          [datasetId],
        )
      ).rows[0],
    );
  expect(await count()).toEqual({ keys: 1, files: 1, uploads: 1 });
  await act(deleteDataset, as.editor, { datasetId });
  expect(await count()).toEqual({ keys: 0, files: 0, uploads: 0 });
});
