import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBlock } from '../blocks/create-block.ts';
import { deleteBlock } from '../blocks/delete-block.ts';
import { listBlocks } from '../blocks/list-blocks.ts';
import { createEdge } from '../edges/create-edge.ts';
import { listEdges } from '../edges/list-edges.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { categorizeBlock } from './categorize-block.ts';
import { categorizeEdge } from './categorize-edge.ts';
import { createCategory } from './create-category.ts';
import { deleteCategory } from './delete-category.ts';
import { exportCategories } from './export-categories.ts';
import { importCategories } from './import-categories.ts';
import { listCategories } from './list-categories.ts';
import { mergeCategory } from './merge-category.ts';
import { moveCategory } from './move-category.ts';
import { updateCategory } from './update-category.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

async function library(name: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  const { call } = createDatasetCaller(dependencies, owner, as.editor);
  const make = async (called: string, parentId: string | null = null) =>
    (await call(createCategory, { name: called, parentId })).id;
  /** The tree as `name > name` paths. */
  const paths = async () => {
    const { items } = await call(listCategories, {});
    const byId = new Map(items.map((each) => [each.id, each]));
    const path = (id: string): string => {
      const { name: own, parentId } = byId.get(id)!;
      return parentId === null ? own : `${path(parentId)} > ${own}`;
    };
    return items.map(({ id }) => path(id)).sort();
  };
  const blocksIn = async (categoryId: string) =>
    (await call(listBlocks, { categoryId })).items.map(({ name: called }) => called).sort();
  const model = async (called: string) => (await call(createBlock, { name: called, blockType: 'model' })).id;
  return { as, tenantId, call, make, paths, blocksIn, model };
}

test('categories are made, renamed and moved; what stands in and below one is found', async () => {
  const { call, make, paths, blocksIn, model } = await library('tree');
  const animals = await make('animals');
  const birds = await make('birds', animals);
  const plants = await make('plants');
  const [hen, oak] = [await model('hen'), await model('oak')];
  await call(categorizeBlock, { blockId: hen, categories: [birds, plants] });
  await call(categorizeBlock, { blockId: oak, categories: [plants] });
  const { id: edgeId } = await call(createEdge, {
    name: 'lays',
    inputs: [],
    outputs: [{ name: 'egg', columns: [] }],
    implementation: { kind: 'sql', sql: 'x' },
  });
  await call(categorizeEdge, { edgeId, categories: [birds] });
  expect(await blocksIn(animals)).toEqual(['hen']);
  expect(await blocksIn(plants)).toEqual(['hen', 'oak']);
  expect((await call(listEdges, { categoryId: animals })).items).toHaveLength(1);
  await call(moveCategory, { categoryId: birds, revision: 1, parentId: plants });
  await call(updateCategory, { categoryId: birds, revision: 2, name: 'fowl' });
  expect(await paths()).toEqual(['animals', 'plants', 'plants > fowl']);
  expect(await blocksIn(animals)).toEqual([]);
  await call(categorizeBlock, { blockId: hen, categories: [] });
  expect(await blocksIn(plants)).toEqual(['oak']);
  await call(deleteBlock, { blockId: oak, revision: 1 });
  expect(await blocksIn(plants)).toEqual([]);
  await expect(call(categorizeBlock, { blockId: hen, categories: [crypto.randomUUID()] })).rejects.toMatchObject({
    kind: 'not_found',
  });
});

test('no two beside each other have one name, none stands below itself, and an older one is not changed', async () => {
  const { call, make } = await library('refused');
  const a = await make('a');
  const b = await make('b', a);
  const c = await make('c', b);
  await expect(make('a')).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining('of this name') });
  await expect(make('b', a)).rejects.toMatchObject({ kind: 'conflict' });
  await make('b');
  await expect(call(moveCategory, { categoryId: b, revision: 1, parentId: null })).rejects.toMatchObject({
    kind: 'conflict',
  });
  for (const parentId of [a, b, c])
    await expect(call(moveCategory, { categoryId: a, revision: 1, parentId })).rejects.toMatchObject({
      kind: 'invalid',
    });
  for (const intoCategoryId of [a, c])
    await expect(call(mergeCategory, { categoryId: a, revision: 1, intoCategoryId })).rejects.toMatchObject({
      kind: 'invalid',
    });
  await call(updateCategory, { categoryId: a, revision: 1, definition: 'first' });
  for (const attempt of [
    () => call(updateCategory, { categoryId: a, revision: 1, name: 'x' }),
    () => call(moveCategory, { categoryId: a, revision: 1, parentId: null }),
    () => call(deleteCategory, { categoryId: a, revision: 1 }),
  ])
    await expect(attempt()).rejects.toMatchObject({ kind: 'conflict', details: { revision: 2 } });
});

test('two that are made one hold what both held, once, and so do their children of one name', async () => {
  const { call, make, paths, blocksIn, model } = await library('merged');
  const [bird, birds] = [await make('bird'), await make('birds')];
  const [hens, sameHens] = [await make('hens', bird), await make('hens', birds)];
  await make('bird', bird); // a child with the name of its parent
  await make('ducks', bird);
  const both = await model('in both');
  await call(categorizeBlock, { blockId: both, categories: [bird, birds, hens, sameHens] });
  await call(categorizeBlock, { blockId: await model('in one'), categories: [hens] });
  const merged = await call(mergeCategory, { categoryId: bird, revision: 1, intoCategoryId: birds });
  expect(merged.altLabels).toEqual([{ value: 'bird', language: null }]);
  expect(await paths()).toEqual(['birds', 'birds > bird', 'birds > ducks', 'birds > hens']);
  expect(await blocksIn(sameHens)).toEqual(['in both', 'in one']);
  expect(await blocksIn(birds)).toEqual(['in both', 'in one']);
  // into its own parent
  const inner = (await call(listCategories, { name: 'bird' })).items[0]!;
  await make('bird', inner.id);
  await call(mergeCategory, { categoryId: inner.id, revision: inner.revision, intoCategoryId: birds });
  expect(await paths()).toEqual(['birds', 'birds > bird', 'birds > ducks', 'birds > hens']);
});

test('one that holds something is deleted only with somebody to take it', async () => {
  const { call, make, paths, blocksIn, model } = await library('deleted');
  const [a, b] = [await make('a'), await make('b')];
  await make('child', a);
  await call(categorizeBlock, { blockId: await model('m'), categories: [a] });
  await expect(call(deleteCategory, { categoryId: a, revision: 1 })).rejects.toMatchObject({
    kind: 'precondition',
    details: { categories: 1, blocks: 1 },
  });
  await call(deleteCategory, { categoryId: a, revision: 1, toCategoryId: b });
  expect(await paths()).toEqual(['b', 'b > child']);
  expect(await blocksIn(b)).toEqual(['m']);
  const [child] = (await call(listCategories, { below: b })).items;
  await call(deleteCategory, { categoryId: child!.id, revision: child!.revision });
  expect(await paths()).toEqual(['b']);
});

test('whoever moves what at once, it stays a tree', async () => {
  const { tenantId, call, make } = await library('parallel');
  const ids: string[] = [];
  for (let at = 0; at < 8; at += 1) ids.push(await make(`c${at}`));
  let done = 0;
  for (let round = 0; round < 6; round += 1) {
    const { items } = await call(listCategories, {});
    const revisionOf = new Map(items.map(({ id, revision }) => [id, revision]));
    // each below its neighbour: any of these alone would do, all of them would be a circle
    const endings = await Promise.allSettled(
      ids.map((categoryId, at) =>
        call(moveCategory, {
          categoryId,
          revision: revisionOf.get(categoryId)!,
          parentId: ids[(at + 1 + round) % ids.length]!,
        }),
      ),
    );
    for (const each of endings) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ kind: 'invalid' });
      else done += 1;
    }
    const { rows } = await owner.query(
      `with recursive down as (select id from taxonomy_categories where tenant_id = $1 and parent_id is null
         union all select c.id from down join taxonomy_categories c on c.parent_id = down.id)
       select count(*)::int as placed from down`,
      [tenantId],
    );
    expect(rows).toEqual([{ placed: ids.length }]);
  }
  expect(done).toBeGreaterThan(10);
});

test('viewers see the tree and change nothing; strangers see nothing of it', async () => {
  const { as, call, make } = await library('seen');
  const { as: strangers } = await library('strange');
  const categoryId = await make('ours');
  expect((await call(listCategories, {}, as.viewer)).items).toHaveLength(1);
  expect((await call(listCategories, {}, strangers.owner)).items).toEqual([]);
  await expect(call(updateCategory, { categoryId, revision: 1, name: 'x' }, as.viewer)).rejects.toMatchObject({
    kind: 'forbidden',
  });
  await expect(call(updateCategory, { categoryId, revision: 1, name: 'x' }, strangers.owner)).rejects.toMatchObject({
    kind: 'not_found',
  });
  await expect(call(createCategory, { name: 'x', parentId: categoryId }, strangers.owner)).rejects.toMatchObject({
    kind: 'not_found',
  });
});

const vocabulary = `@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix v: <https://vocabulary.example/> .
v:scheme a skos:ConceptScheme .
v:bird a skos:Concept ; skos:prefLabel "Vogel"@de, "bird"@en ; skos:altLabel "fowl"@en ; skos:broader v:animal ; skos:definition "It has feathers."@en .
v:animal a skos:Concept ; skos:prefLabel "animal"@en ; skos:narrower v:fish .
v:fish a skos:Concept ; skos:prefLabel "fish" .
`;

test('a SKOS vocabulary is imported, and brought up to date by the next one', async () => {
  const { call, make, paths } = await library('skos');
  await make('animal'); // by hand: taken for the concept of that name
  expect(await call(importCategories, { vocabulary })).toEqual({ created: 2, changed: 1 });
  expect(await paths()).toEqual(['animal', 'animal > bird', 'animal > fish']);
  const [bird] = (await call(listCategories, { name: 'bird' })).items;
  expect(bird).toMatchObject({
    language: 'en',
    definition: 'It has feathers.',
    uri: 'https://vocabulary.example/bird',
    altLabels: [
      { value: 'Vogel', language: 'de' },
      { value: 'fowl', language: 'en' },
    ],
  });
  expect(await call(importCategories, { vocabulary })).toEqual({ created: 0, changed: 0 });
  const moved = vocabulary
    .replace('skos:narrower v:fish', 'skos:narrower v:seafood')
    .replace('v:fish a', 'v:seafood a skos:Concept ; skos:prefLabel "seafood" . v:fish skos:broader v:seafood ; a');
  expect(await call(importCategories, { vocabulary: moved })).toEqual({ created: 1, changed: 1 });
  expect(await paths()).toEqual(['animal', 'animal > bird', 'animal > seafood', 'animal > seafood > fish']);
});

test.each([
  ['no Turtle', 'skos:Concept {'],
  ['two broader concepts', '<urn:a> a skos:Concept ; skos:prefLabel "a" ; skos:broader <urn:b>, <urn:c> .'],
  [
    'broader than itself',
    '<urn:a> a skos:Concept ; skos:prefLabel "a" ; skos:broader <urn:b> . <urn:b> a skos:Concept ; skos:prefLabel "b" ; skos:broader <urn:a> .',
  ],
  ['no skos:prefLabel', '<urn:a> a skos:Concept .'],
  ['has an IRI', '[] a skos:Concept ; skos:prefLabel "a" .'],
  ['no absolute IRI', '<a> a skos:Concept ; skos:prefLabel "a" .'],
  ['neither in the file nor in the tree', '<urn:a> a skos:Concept ; skos:prefLabel "a" ; skos:broader <urn:nowhere> .'],
])('what is no tree is refused: %s', async (reason, turtle) => {
  const { call } = await library('no tree');
  await expect(
    call(importCategories, { vocabulary: `@prefix skos: <http://www.w3.org/2004/02/skos/core#> . ${turtle}` }),
  ).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringContaining(reason),
  });
  expect((await call(listCategories, {})).items).toEqual([]);
});

test('any tree that is exported and imported elsewhere is the same tree, and changes nothing at home', async () => {
  const label = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .map((text) => `x${text}`.trim())
    .filter((text) => !/[\p{Cc}\p{Cn}]/u.test(text));
  const tree = fc.uniqueArray(
    fc.record({ name: label, definition: fc.oneof(fc.constant(''), label), parent: fc.nat(8) }),
    { maxLength: 8, selector: ({ name }) => name },
  );
  await fc.assert(
    fc.asyncProperty(
      tree,
      fc.constantFrom('turtle' as const, 'json-ld' as const, 'rdf-xml' as const),
      async (nodes, format) => {
        const here = await library('here');
        const ids: string[] = [];
        for (const { name, definition, parent } of nodes)
          ids.push((await here.call(createCategory, { name, definition, parentId: ids[parent] ?? null })).id);
        const exported = await here.call(exportCategories, { format });
        expect(await here.call(importCategories, exported)).toEqual({ created: 0, changed: 0 });
        const there = await library('there');
        expect(await there.call(importCategories, exported)).toEqual({ created: nodes.length, changed: 0 });
        expect(await there.paths()).toEqual(await here.paths());
        const definitions = async ({ call }: typeof here) =>
          (await call(listCategories, {})).items.map(({ name, definition }) => `${name}=${definition}`).sort();
        expect(await definitions(there)).toEqual(await definitions(here));
        // what comes back from there is what is here
        expect(await here.call(importCategories, await there.call(exportCategories, {}))).toEqual({
          created: 0,
          changed: 0,
        });
      },
    ),
    { numRuns: 15 },
  );
});
