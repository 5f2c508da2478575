import { claimsOf, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { describe, expect, test } from 'vitest';
import { deleteDataset } from '../datasets/delete-dataset.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { deleteVersion } from '../datasets/versions/delete-version.ts';
import { DomainError } from '../errors/domain-error.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { removeMember } from '../organizations/members/remove-member.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { publishVersion } from '../testing/publish-version.ts';
import { addBlockVersion } from './add-block-version.ts';
import { createBlock } from './create-block.ts';
import { deleteBlock } from './delete-block.ts';
import { getBlock } from './get-block.ts';
import { listBlockAliases } from './list-block-aliases.ts';
import { listBlockVersions } from './list-block-versions.ts';
import { listBlocks } from './list-blocks.ts';
import { removeBlockAlias } from './remove-block-alias.ts';
import { rollBackBlock } from './roll-back-block.ts';
import { setBlockAlias } from './set-block-alias.ts';
import { setBlockVersionActive } from './set-block-version-active.ts';
import { updateBlock } from './update-block.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

async function catalogue(name: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  return { as, tenantId, ...createDatasetCaller(dependencies, owner, as.editor) };
}

const people = {
  columns: [
    { name: 'id', type: 'bigint' },
    { name: 'born', type: 'date' },
  ],
  rows: [['1', '1990-01-01']],
} as const;
const features = [{ name: 'features', columns: [{ name: 'age', type: 'bigint', nullable: false }] }] as const;
const model = {
  blockType: 'model',
  inputs: [...features].map((each) => ({ ...each, columns: [...each.columns] })),
} as const;

test('a model is catalogued, gets versions, is rolled back, named, withdrawn and deleted', async () => {
  const { as, call } = await catalogue('whole life');
  const made = await call(createBlock, {
    ...model,
    name: ' risk ',
    metadata: { framework: 'xgboost', metrics: { auc: 0.9 } },
  });
  expect(made).toMatchObject({ name: 'risk', version: 1, revision: 1, ownerId: as.editor.userId, datasetId: null });
  const blockId = made.id;
  const second = await call(addBlockVersion, {
    blockId,
    revision: 1,
    metadata: { framework: 'xgboost', metrics: { auc: 0.95 } },
  });
  expect(second).toMatchObject({ version: 2, revision: 2 });
  expect((await call(getBlock, { blockId })).current).toMatchObject({ version: 2, inputs: features, outputs: [] });

  const back = await call(rollBackBlock, { blockId, revision: 2, version: 1 });
  expect(back).toMatchObject({ version: 1, revision: 3 });
  // what came after it stays, and its number is not given again
  expect(await call(addBlockVersion, { blockId, revision: 3, metadata: { task: 'classification' } })).toMatchObject({
    version: 3,
  });
  expect((await call(listBlockVersions, { blockId })).map(({ version }) => version)).toEqual([3, 2, 1]);

  await call(setBlockAlias, { blockId, revision: 4, name: 'production', version: 2 });
  await call(setBlockAlias, { blockId, revision: 5, name: 'production', version: 3 });
  await expect(call(setBlockVersionActive, { blockId, revision: 6, version: 3, active: false })).rejects.toMatchObject({
    kind: 'precondition',
  });
  await expect(call(deleteBlock, { blockId, revision: 6 })).rejects.toMatchObject({
    kind: 'precondition',
    details: { referredToBy: { aliases: ['production'] } },
  });
  await call(removeBlockAlias, { blockId, revision: 6, name: 'production' });
  expect(await call(listBlockAliases, { blockId })).toMatchObject({
    aliases: [],
    history: [{ version: null }, { version: 3 }, { version: 2 }],
  });
  await call(setBlockVersionActive, { blockId, revision: 7, version: 2, active: false });
  await expect(call(rollBackBlock, { blockId, revision: 8, version: 2 })).rejects.toMatchObject({
    kind: 'precondition',
  });
  await expect(call(setBlockAlias, { blockId, revision: 8, name: 'x', version: 2 })).rejects.toMatchObject({
    kind: 'precondition',
  });
  await call(deleteBlock, { blockId, revision: 8 });
  await expect(call(getBlock, { blockId })).rejects.toMatchObject({ kind: 'not_found' });
});

test('a dataset block has the columns of its dataset’s version, which is kept as it is from then on', async () => {
  const { call, newDataset } = await catalogue('datasets');
  const { datasetId, versionId } = await newDataset('people', people);
  const made = await call(createBlock, { name: 'people', blockType: 'dataset', datasetId });
  const { current } = await call(getBlock, { blockId: made.id });
  expect(current).toMatchObject({
    datasetVersionId: versionId,
    inputs: [],
    outputs: [
      {
        name: 'rows',
        columns: [
          { name: 'id', type: 'bigint', nullable: true },
          { name: 'born', type: 'date', nullable: true },
        ],
      },
    ],
  });
  expect((await owner.query('select app.version_is_frozen($1) as frozen', [versionId])).rows).toEqual([
    { frozen: true },
  ]);
  await expect(call(deleteVersion, { datasetId, version: 1 })).rejects.toMatchObject({ kind: 'precondition' });
  await expect(call(deleteDataset, { datasetId })).rejects.toMatchObject({
    kind: 'precondition',
    details: { blocks: ['people'] },
  });
  await call(deleteBlock, { blockId: made.id, revision: 1 });
  await call(deleteDataset, { datasetId });
});

test('a dataset block cannot say other than its dataset does', async () => {
  const { as, call, newDataset } = await catalogue('liars');
  const { datasetId } = await newDataset('people', people);
  const outputs = [{ name: 'rows', columns: [{ name: 'id', type: 'text' }] }] as const;
  for (const wrong of [
    { blockType: 'dataset', datasetId, outputs: outputs.map((each) => ({ ...each, columns: [...each.columns] })) },
    { blockType: 'dataset' },
    { blockType: 'model', datasetId },
    { blockType: 'dataset', datasetId, metadata: { keywords: 'one' } },
    { blockType: 'model', metadata: { metrics: { auc: 'high' } } },
    { blockType: 'model', metadata: { artifact: { uri: 'x', sha256: 'short' } } },
  ] as const)
    await expect(call(createBlock, { name: 'wrong', ...wrong })).rejects.toMatchObject({ kind: 'invalid' });
  await expect(
    call(createBlock, { name: 'old', blockType: 'dataset', datasetId, datasetVersion: 7 }),
  ).rejects.toMatchObject({ kind: 'not_found' });
  const asEditor = (values: string) =>
    asMember(as.editor, `select app.create_block('x', 'dataset', '', '{}', '[]', ${values}, 1, repeat('0', 64))`);
  expect(await asEditor(`'[{"name": "rows", "columns": []}]', '${datasetId}'`)).toBe('GR400');
  expect(await asEditor(`'[]', '${datasetId}'`)).toBe('GR400');
  expect(
    await asEditor(
      `'[{"name": "rows", "columns": [{"name": "id", "type": "bigint", "nullable": true}, {"name": "born", "type": "date", "nullable": true}]}]', '${datasetId}'`,
    ),
  ).toBe(1);
  expect(
    await asMember(
      as.editor,
      `select app.create_block('x', 'model', '', '{"license": 1}', '[]', '[]', null, null, repeat('0', 64))`,
    ),
  ).toBe('23514');
  expect(
    await asMember(
      as.editor,
      `select app.create_block('x', 'model', '', '{}', '{}', '[]', null, null, repeat('0', 64))`,
    ),
  ).toBe('23514');
});

test('fifty versions at once are 2 to 51, in one row of numbers', async () => {
  const { call } = await catalogue('fifty');
  const { id: blockId } = await call(createBlock, { ...model, name: 'busy' });
  await Promise.all(
    Array.from({ length: 50 }, (_, run) =>
      insist(() => call(addBlockVersion, { blockId, revision: null, metadata: { run } })),
    ),
  );
  const versions = await call(listBlockVersions, { blockId, limit: 100 });
  expect(versions.map(({ version }) => version).reverse()).toEqual(Array.from({ length: 51 }, (_, at) => at + 1));
  expect(new Set(versions.map(({ digest }) => digest)).size).toBe(51);
  expect(await call(getBlock, { blockId })).toMatchObject({ version: 51, revision: 51 });
});

test('of several that saw the same one changes it, and the others are told what it is now', async () => {
  const { call } = await catalogue('lost updates');
  const { id: blockId } = await call(createBlock, { ...model, name: 'shared' });
  const endings = await Promise.allSettled([
    call(addBlockVersion, { blockId, revision: 1, metadata: { a: 1 } }),
    call(updateBlock, { blockId, revision: 1, description: 'b' }),
    call(setBlockAlias, { blockId, revision: 1, name: 'production', version: 1 }),
    call(deleteBlock, { blockId, revision: 1 }),
  ]);
  const refused = endings.flatMap((each) => (each.status === 'rejected' ? each.reason : []));
  expect(refused).toHaveLength(3);
  for (const error of refused)
    expect(error).toSatisfy(
      ({ kind, details }) => kind === 'not_found' || (kind === 'conflict' && details.revision === 2),
    );
});

test('what a version says again makes no other one, and the order of its words makes no difference', async () => {
  const { call } = await catalogue('again');
  const { id: blockId } = await call(createBlock, { ...model, name: 'same', metadata: { a: 1, b: [2.5, 'é'] } });
  expect(await call(addBlockVersion, { blockId, revision: 1, metadata: { b: [2.5, 'é'], a: 1 } })).toMatchObject({
    version: 1,
    revision: 1,
  });
});

test('a name is there once, also for two who give it at once', async () => {
  const { call } = await catalogue('names');
  const endings = await Promise.allSettled([
    call(createBlock, { ...model, name: 'one' }),
    call(createBlock, { ...model, name: 'one' }),
  ]);
  expect(endings.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(call(createBlock, { ...model, name: 'one' })).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringContaining('a block of this name'),
  });
  const { call: elsewhere } = await catalogue('names elsewhere');
  await elsewhere(createBlock, { ...model, name: 'one' });
});

describe('who sees and changes', () => {
  test('a dataset block is who may read the dataset’s, and changed by who may write it', async () => {
    const { as, call, newDataset } = await catalogue('privacy');
    const { datasetId } = await newDataset('people', people);
    const { id: blockId } = await call(createBlock, { name: 'people', blockType: 'dataset', datasetId });
    for (const nobody of [as.colleague, as.admin, as.owner, as.viewer]) {
      await expect(call(getBlock, { blockId }, nobody)).rejects.toMatchObject({ kind: 'not_found' });
      expect((await call(listBlocks, {}, nobody)).items).toEqual([]);
    }
    await expect(call(updateBlock, { blockId, revision: 1, name: 'mine' }, as.colleague)).rejects.toMatchObject({
      kind: 'not_found',
    });
    await expect(
      call(createBlock, { name: 'theirs', blockType: 'dataset', datasetId }, as.colleague),
    ).rejects.toMatchObject({ kind: 'not_found' });
    await call(shareDataset, { datasetId, userId: as.colleague.userId });
    expect(await call(getBlock, { blockId }, as.colleague)).toMatchObject({ name: 'people' });
    await expect(call(updateBlock, { blockId, revision: 1, name: 'mine' }, as.colleague)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await expect(call(deleteBlock, { blockId, revision: 1 }, as.colleague)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    // to point at a version keeps it as it is, which is a change of the dataset
    await expect(
      call(createBlock, { name: 'theirs', blockType: 'dataset', datasetId }, as.colleague),
    ).rejects.toMatchObject({ kind: 'not_found' });
    await call(shareDataset, { datasetId, userId: as.colleague.userId, access: 'write' });
    expect(await call(updateBlock, { blockId, revision: 1, name: 'ours' }, as.colleague)).toMatchObject({
      name: 'ours',
    });
  });

  test('a model is the organization’s: colleagues change it, viewers see it, strangers find nothing', async () => {
    const { as, call } = await catalogue('models');
    const { as: strangers } = await catalogue('strangers');
    const { id: blockId } = await call(createBlock, { ...model, name: 'ours' });
    expect(await call(updateBlock, { blockId, revision: 1, description: 'd' }, as.colleague)).toMatchObject({
      revision: 2,
    });
    expect(await call(getBlock, { blockId }, as.viewer)).toMatchObject({ description: 'd' });
    await expect(call(updateBlock, { blockId, revision: 2, name: 'x' }, as.viewer)).rejects.toMatchObject({
      kind: 'forbidden',
    });
    await expect(call(getBlock, { blockId }, strangers.owner)).rejects.toMatchObject({ kind: 'not_found' });
    await expect(call(deleteBlock, { blockId, revision: 2 }, strangers.owner)).rejects.toMatchObject({
      kind: 'not_found',
    });
  });

  test('by SQL as well, and a version is changed by nobody at all', async () => {
    const { as, tenantId, call } = await catalogue('by sql');
    const { id: blockId } = await call(createBlock, { ...model, name: 'x' });
    expect(await asMember(as.viewer, `select from blocks where id = '${blockId}'`)).toBe(1);
    for (const statement of [
      `update blocks set name = 'y'`,
      'delete from blocks',
      `update block_versions set metadata = '{}'`,
    ])
      expect(await asMember(as.owner, statement)).toBe('42501');
    expect(await asMember(as.viewer, `select app.update_block('${blockId}', 1, '{"name": "y"}')`)).toBe('GR403');
    expect(await asMember(as.owner, `select app.lock_block('${blockId}', 'block:read', null)`)).toBe('42501');
    await expect(
      owner.query(`update block_versions set metadata = '{"a": 1}' where tenant_id = $1`, [tenantId]),
    ).rejects.toMatchObject({ code: 'GR412' });
  });
});

test('what somebody owned is nobody’s once they left, and can be taken', async () => {
  const { as, call } = await catalogue('leaving');
  const { id: blockId } = await call(createBlock, { ...model, name: 'left' }, as.colleague);
  await call(removeMember, { userId: as.colleague.userId }, as.owner);
  expect(await call(getBlock, { blockId })).toMatchObject({ ownerId: null, revision: 2 });
  expect(await call(updateBlock, { blockId, revision: 2, ownerId: as.editor.userId })).toMatchObject({
    ownerId: as.editor.userId,
  });
  await expect(call(updateBlock, { blockId, revision: 3, ownerId: as.colleague.userId })).rejects.toMatchObject({
    kind: 'not_found',
  });
});

test('a new version of a dataset is catalogued as the next version of its block', async () => {
  const { as, call, newDataset } = await catalogue('growing');
  const { datasetId } = await newDataset('people', people);
  const { id: blockId } = await call(createBlock, { name: 'people', blockType: 'dataset', datasetId });
  await publishVersion(owner, { ...as.editor, datasetId }, { columns: [{ name: 'id', type: 'bigint' }], rows: [] });
  expect(await call(addBlockVersion, { blockId, revision: 1 })).toMatchObject({ version: 2 });
  expect((await call(getBlock, { blockId })).current.outputs[0]?.columns).toHaveLength(1);
  // and back to what the dataset was before
  expect(await call(addBlockVersion, { blockId, revision: 2, datasetVersion: 1 })).toMatchObject({ version: 3 });
  expect((await call(getBlock, { blockId })).current.outputs[0]?.columns).toHaveLength(2);
});

/** What a statement does for a member who comes with SQL. */
async function asMember(identity: Member, statement: string): Promise<number | string> {
  const client = await database.pool('granary_api').connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(identity)]);
    await client.query('set local role granary_member');
    return (await client.query(statement)).rowCount ?? 0;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : Promise.reject(error);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** As a client does that is told to try again: there are fewer connections than callers. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DomainError && error.kind === 'unavailable')) throw error;
    }
  }
}
