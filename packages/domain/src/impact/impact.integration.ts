import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { createBlock } from '../blocks/create-block.ts';
import { deleteBlock } from '../blocks/delete-block.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { addDependencyToBlock } from '../dependencies/add-to-block.ts';
import { addDependencyToEdge } from '../dependencies/add-to-edge.ts';
import { foundDependenciesOfEdge } from '../dependencies/found-for-edge.ts';
import { listDependenciesOfBlock } from '../dependencies/list-of-block.ts';
import { listDependenciesOfEdge } from '../dependencies/list-of-edge.ts';
import { removeDependency } from '../dependencies/remove-dependency.ts';
import { addEdgeVersion } from '../edges/add-edge-version.ts';
import { createEdge } from '../edges/create-edge.ts';
import { setEdgeAlias } from '../edges/set-edge-alias.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { createPipeline } from '../pipelines/create-pipeline.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { impactOf } from './impact-of.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

async function catalogue(name: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  const { call, newDataset } = createDatasetCaller(dependencies, owner, as.editor);
  const datasetBlock = async (called: string) => {
    const { datasetId } = await newDataset(called, {
      columns: [
        { name: 'id', type: 'bigint' },
        { name: 'born', type: 'date' },
      ],
      rows: [],
    });
    const { id: blockId } = await call(createBlock, { name: called, blockType: 'dataset', datasetId });
    return { datasetId, blockId };
  };
  return { as, tenantId, call, datasetBlock };
}

const column = (name: string, type: 'bigint' | 'date') => ({ name, type });
const read = (blockId: string) => ({ direction: 'input', port: 'from', blockId, blockPort: 'rows' }) as const;
const write = (blockId: string) => ({ direction: 'output', port: 'into', blockId, blockPort: 'rows' }) as const;
const copying = {
  inputs: [{ name: 'from', columns: [column('id', 'bigint'), column('born', 'date')] }],
  outputs: [{ name: 'into', columns: [column('id', 'bigint'), column('born', 'date')] }],
  implementation: { kind: 'sql', sql: 'select * from "from"' } as const,
};

test('a change of a dataset is followed through blocks and edges, each way explained, each owner named', async () => {
  const { as, call, datasetBlock } = await catalogue('followed');
  const raw = await datasetBlock('raw');
  const clean = await datasetBlock('clean');
  const edge = await call(createEdge, {
    name: 'clean up',
    ...copying,
    bindings: [read(raw.blockId), write(clean.blockId)],
  });
  const model = await call(createBlock, { name: 'model', blockType: 'model' }, as.colleague);
  await call(addDependencyToBlock, { blockId: model.id, target: { kind: 'block', id: clean.blockId } });

  const impact = await call(impactOf, { entityType: 'dataset', entityId: raw.datasetId });
  expect(impact.items.map(({ name, kind, effect, depth }) => [name, kind, effect, depth])).toEqual(
    expect.arrayContaining([
      ['raw', 'block', 'changes', 1],
      ['clean up', 'edge', 'verify', 2],
      ['clean', 'block', 'changes', 3],
      ['clean', 'dataset', 'changes', 3],
      ['model', 'block', 'changes', 4],
    ]),
  );
  expect(impact.items.find(({ name }) => name === 'model')?.path?.map(({ name, reason }) => [name, reason])).toEqual([
    ['raw', null],
    ['raw', 'version of'],
    ['clean up', 'reads'],
    ['clean', 'filled by'],
    ['model', 'depends on'],
  ]);
  expect(impact).toMatchObject({
    isComplete: true,
    misfits: [],
    owners: [
      { ownerId: as.editor.userId, items: 4 },
      { ownerId: as.colleague.userId, items: 1 },
    ],
  });

  const change = {
    remove: ['born'],
    retype: [{ name: 'id', type: 'text' as const }],
    add: [{ name: 'extra', type: 'text' as const }],
  };
  for (const start of [
    { entityType: 'dataset', entityId: raw.datasetId },
    { entityType: 'block', entityId: raw.blockId },
  ] as const) {
    const changed = await call(impactOf, { ...start, change });
    expect(changed.misfits).toEqual([
      {
        edgeId: edge.id,
        version: 1,
        port: 'from',
        blockId: raw.blockId,
        blockPort: 'rows',
        misfits: [
          { column: 'id', reason: 'type', source: 'text', target: 'bigint' },
          { column: 'born', reason: 'missing', source: null, target: 'date' },
        ],
      },
    ]);
    expect(changed.items.filter(({ effect }) => effect === 'breaks').map(({ name }) => name)).toEqual(['clean up']);
  }
  const output = await call(impactOf, {
    entityType: 'edge',
    entityId: edge.id,
    change: { port: 'into', rename: [{ from: 'id', to: 'key' }] },
  });
  expect(output.misfits).toMatchObject([
    { port: 'into', blockId: clean.blockId, misfits: [{ column: 'id', reason: 'missing' }] },
  ]);
  expect(output.items.find(({ effect }) => effect === 'breaks')).toMatchObject({ id: clean.blockId });
  const harmless = await call(impactOf, {
    entityType: 'block',
    entityId: raw.blockId,
    change: { add: [{ name: 'new', type: 'text' }] },
  });
  expect(harmless.misfits).toEqual([]);
  for (const wrong of [{ remove: ['nobody'] }, { port: 'nowhere' }, { add: [{ name: 'id', type: 'text' as const }] }])
    await expect(call(impactOf, { entityType: 'block', entityId: raw.blockId, change: wrong })).rejects.toMatchObject({
      kind: 'invalid',
    });
});

test('only versions that are current or have a name count', async () => {
  const { call, datasetBlock } = await catalogue('live');
  const { blockId } = await datasetBlock('raw');
  const { id: edgeId } = await call(createEdge, { name: 'reader', ...copying, bindings: [read(blockId)] });
  const hit = async () =>
    (await call(impactOf, { entityType: 'block', entityId: blockId })).items.map(({ name }) => name);
  expect(await hit()).toEqual(['reader']);
  await call(addEdgeVersion, { edgeId, revision: 1, bindings: [] });
  expect(await hit()).toEqual([]);
  await call(setEdgeAlias, { edgeId, revision: 2, name: 'production', version: 1 });
  expect(await hit()).toEqual(['reader']);
});

test('who uses a package, in which version ever, a service, a publication', async () => {
  const { call } = await catalogue('outside');
  const { id: blockId } = await call(createBlock, { name: 'model', blockType: 'model' });
  const { id: edgeId } = await call(createEdge, { name: 'edge', ...copying });
  await call(addDependencyToBlock, {
    blockId,
    target: { kind: 'package', ref: 'pkg:pypi/Scikit_learn@1.5.0' },
    detail: 'training',
  });
  await call(addDependencyToEdge, { edgeId, target: { kind: 'package', ref: 'pkg:pypi/scikit-learn@1.6.0' } });
  await call(addDependencyToEdge, { edgeId, target: { kind: 'doi', ref: 'doi:10.5281/ZENODO.1' } });
  await call(addDependencyToEdge, { edgeId, target: { kind: 'service', ref: 'https://api.example.com/v1' } });
  await expect(
    call(addDependencyToEdge, { edgeId, target: { kind: 'doi', ref: '10.5281/zenodo.1' } }),
  ).rejects.toMatchObject({ kind: 'conflict' });
  const users = async (entityType: 'package' | 'doi' | 'service', reference: string) =>
    (await call(impactOf, { entityType, reference })).items.map(({ name }) => name).sort();
  expect(await users('package', 'pkg:pypi/scikit-learn')).toEqual(['edge', 'model']);
  expect(await users('package', 'pkg:pypi/scikit-learn@1.5.0')).toEqual(['model']);
  expect(await users('package', 'pkg:pypi/numpy')).toEqual([]);
  expect(await users('doi', '10.5281/zenodo.1')).toEqual(['edge']);
  expect(await users('service', 'https://api.example.com/v1')).toEqual(['edge']);
  const listed = await call(listDependenciesOfEdge, { edgeId });
  expect(listed.map(({ ref, origin }) => [ref, origin])).toEqual([
    ['pkg:pypi/scikit-learn@1.6.0', 'entered'],
    ['10.5281/zenodo.1', 'entered'],
    ['https://api.example.com/v1', 'entered'],
  ]);
  await call(removeDependency, { dependencyId: listed[0]!.id });
  expect(await users('package', 'pkg:pypi/scikit-learn')).toEqual(['model']);
  for (const target of [
    { kind: 'package', ref: 'left-pad' },
    { kind: 'doi', ref: '11.1/x' },
    { kind: 'block', id: blockId },
  ] as const)
    await expect(call(addDependencyToBlock, { blockId, target })).rejects.toMatchObject({ kind: 'invalid' });
  await expect(call(impactOf, { entityType: 'package' })).rejects.toMatchObject({ kind: 'invalid' });
  await expect(call(impactOf, { entityType: 'block' })).rejects.toMatchObject({ kind: 'invalid' });
});

test('what somebody may not see is neither told of nor walked through, and cannot be depended on', async () => {
  const { as, call, datasetBlock } = await catalogue('privacy');
  const hidden = await datasetBlock('hidden');
  const { id: start } = await call(createBlock, { name: 'start', blockType: 'model' });
  const { id: end } = await call(createBlock, { name: 'end', blockType: 'model' });
  await call(addDependencyToBlock, { blockId: hidden.blockId, target: { kind: 'block', id: start } });
  await call(addDependencyToBlock, { blockId: end, target: { kind: 'block', id: hidden.blockId } });
  const seen = async (who = as.editor) =>
    (await call(impactOf, { entityType: 'block', entityId: start }, who)).items.map(({ name }) => name);
  expect(await seen()).toEqual(['hidden', 'end']);
  expect(await seen(as.colleague)).toEqual([]);
  expect(await call(listDependenciesOfBlock, { blockId: end }, as.colleague)).toEqual([]);
  for (const [entityType, entityId] of [
    ['block', hidden.blockId],
    ['dataset', hidden.datasetId],
  ] as const)
    await expect(call(impactOf, { entityType, entityId }, as.colleague)).rejects.toMatchObject({ kind: 'not_found' });
  await expect(
    call(addDependencyToBlock, { blockId: start, target: { kind: 'block', id: hidden.blockId } }, as.colleague),
  ).rejects.toMatchObject({ kind: 'not_found' });
  const [own] = await call(listDependenciesOfBlock, { blockId: hidden.blockId });
  await expect(call(removeDependency, { dependencyId: own!.id }, as.colleague)).rejects.toMatchObject({
    kind: 'not_found',
    message: 'no such dependency',
  });
  await call(shareDataset, { datasetId: hidden.datasetId, userId: as.colleague.userId });
  expect(await seen(as.colleague)).toEqual(['hidden', 'end']);
  await expect(call(deleteBlock, { blockId: hidden.blockId, revision: 1 })).rejects.toMatchObject({
    details: { referredToBy: { dependents: 1 } },
  });
});

test('the walk is bounded, and says so', async () => {
  const { call } = await catalogue('bounded');
  const chain: string[] = [];
  for (let at = 0; at < 5; at += 1) {
    const { id } = await call(createBlock, { name: `b${at}`, blockType: 'model' });
    if (at > 0) await call(addDependencyToBlock, { blockId: id, target: { kind: 'block', id: chain[at - 1]! } });
    chain.push(id);
  }
  const asked = { entityType: 'block', entityId: chain[0]! } as const;
  expect(await call(impactOf, { ...asked, deepest: 4 })).toMatchObject({ isComplete: true, items: { length: 4 } });
  expect(await call(impactOf, { ...asked, deepest: 3 })).toMatchObject({ isComplete: false, items: { length: 3 } });
  expect(await call(impactOf, { ...asked, most: 2 })).toMatchObject({ isComplete: false, items: { length: 2 } });
});

test('pipelines are followed as well: what they read, run and fill; of those that one may not see, nothing is told', async () => {
  const { as, call, datasetBlock } = await catalogue('pipelined');
  const raw = await datasetBlock('raw');
  const clean = await datasetBlock('clean');
  const edge = await call(createEdge, { name: 'clean up', ...copying });
  await verifyByHand(edge.id);
  const pipeline = await call(createPipeline, {
    name: 'nightly',
    steps: [
      {
        name: 'clean',
        edgeId: edge.id,
        inputs: { from: { datasetId: raw.datasetId } },
        output: { datasetId: clean.datasetId },
      },
    ],
  });
  const impact = await call(impactOf, { entityType: 'dataset', entityId: raw.datasetId });
  expect(impact.items.map(({ name, kind, reason, depth }) => [name, kind, reason, depth])).toEqual(
    expect.arrayContaining([
      ['clean up', 'edge', 'reads', 1],
      ['nightly', 'pipeline', 'runs', 2],
      ['clean', 'dataset', 'feeds', 2],
      ['clean', 'block', 'version of', 3],
    ]),
  );
  const filled = await call(impactOf, { entityType: 'pipeline', entityId: pipeline.id });
  expect(filled.items.map(({ name, kind }) => [name, kind])).toEqual([
    ['clean', 'dataset'],
    ['clean', 'block'],
  ]);
  expect(await call(foundDependenciesOfEdge, { edgeId: edge.id })).toMatchObject([
    { source: 'pipeline', targetKind: 'dataset', targetId: raw.datasetId, port: 'from', pipelineId: pipeline.id },
  ]);
  await expect(call(impactOf, { entityType: 'pipeline', entityId: pipeline.id }, as.colleague)).rejects.toMatchObject({
    kind: 'not_found',
  });
  await call(shareDataset, { datasetId: raw.datasetId, userId: as.colleague.userId });
  const seen = await call(impactOf, { entityType: 'dataset', entityId: raw.datasetId }, as.colleague);
  expect(seen.items.map(({ name, kind }) => [name, kind])).toEqual([['raw', 'block']]);
});

test('what SQL reads is found in its text', async () => {
  const { call, datasetBlock } = await catalogue('read by SQL');
  const raw = await datasetBlock('raw');
  const inputs = [...copying.inputs, { name: 'unused', columns: copying.inputs[0]!.columns }];
  const bindings = [read(raw.blockId), { ...read(raw.blockId), port: 'unused' }];
  const sql = `select * from "FROM" -- where unused`;
  const edge = await call(createEdge, {
    name: 'reads',
    ...copying,
    inputs,
    bindings,
    implementation: { kind: 'sql', sql },
  });
  expect(await call(foundDependenciesOfEdge, { edgeId: edge.id })).toEqual([
    { source: 'sql', targetKind: 'block', targetId: raw.blockId, name: 'raw', port: 'from', pipelineId: null },
  ]);
});

/** As if the worker had. */
async function verifyByHand(edgeId: string): Promise<void> {
  await owner.query(
    `insert into edge_verifications (tenant_id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
       select tenant_id, edge_id, id, created_by, 'passed', created_by, now() from edge_versions where edge_id = $1`,
    [edgeId],
  );
}
