import { claimsOf, createDatabase, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization, type TestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { createDataset } from '../datasets/create-dataset.ts';
import { deleteDataset } from '../datasets/delete-dataset.ts';
import { describeDataset } from '../datasets/describe-dataset.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { DomainError } from '../errors/domain-error.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { chooseModel } from './choose-model.ts';
import type { Embedder } from './embedder.ts';
import { indexSource } from './index-source.ts';
import { removeDoomedVectors } from './remove-doomed-vectors.ts';
import { searchCatalogue } from './search-catalogue.ts';
import { searchPassages } from './search-passages.ts';
import type { VectorDatabase } from './vector-database.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const worker = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });

/** Knows what few words mean: those of a line are the same to it. */
const meanings = ['town city village place', 'pressure blood heart patient', 'rain weather wind', 'river lake water'];
const embedder: Embedder = {
  model: { name: 'few words', version: '1' },
  embed: async (texts) =>
    texts.map((text) => [
      ...meanings.map((words) => words.split(' ').filter((word) => text.toLowerCase().includes(word)).length),
      0.01,
    ]),
  close: async () => {},
};
const { rows: chosen } = await owner.query<{ id: string }>(`select app.choose_embedding_model('few words', '1') as id`);
const modelId = chosen[0]!.id;
const dependencies = { ...dependenciesOf(testDatabase), search: { embedder } };
const indexing = { database: worker, embedder, modelId };

/** What the worker does with the jobs in the queue; answers how many there were. */
async function runJobs(using: Parameters<typeof indexSource>[0] = indexing): Promise<number> {
  const { rows } = await owner.query<{ data: { input: { tenantId: string; sourceId: string } } }>(
    `delete from jobs.job where name = 'search.index' returning data`,
  );
  for (const { data } of rows) await indexSource(using, data.input);
  return rows.length;
}

async function office(name: string): Promise<TestOrganization & ReturnType<typeof createDatasetCaller>> {
  const organization = await createTestOrganization(owner, name);
  return { ...organization, ...createDatasetCaller(dependencies, owner, organization.as.editor) };
}

test('a dataset is found by its words, by what is meant, and by both before either', async () => {
  const { call, newDataset } = await office('finds');
  const both = await newDataset('town rain', { columns: [{ name: 'place', type: 'text' }], rows: [] });
  await call(createDataset, { name: 'Villages of the north', description: 'All of them, and where they are.' });
  await call(createDataset, { name: 'heart', description: 'blood pressure' });
  await runJobs();
  const words = await call(searchCatalogue, { q: 'village' });
  expect(words.vectors).toBe('used');
  expect(words.items[0]).toMatchObject({ title: 'Villages of the north', entityType: 'dataset' }); // reduced: village
  expect(words.items[1]).toMatchObject({ title: 'town rain', entityId: both.datasetId }); // has none of the words
  const exact = await call(searchPassages, { q: 'place town' });
  expect(exact.items[0]).toMatchObject({
    title: 'town rain',
    text: 'Columns: place (text)',
    wordRank: 1,
    vectorRank: expect.any(Number),
    position: 0,
  });
  expect((await call(searchCatalogue, { q: 'patient' })).items[0]).toMatchObject({ title: 'heart' });
});

test('what is changed is found as it is now; what did not change keeps its vector, and what is deleted is gone', async () => {
  const { call, tenantId } = await office('changes');
  const { dataset } = await call(createDataset, {
    name: 'river',
    description: `${'lake '.repeat(150)}\n\n${'wind '.repeat(150)}`,
  });
  await runJobs();
  const vectors = async () =>
    (
      await owner.query(
        `select v.passage_id, v.created_at from passage_vectors v join search_passages p on p.id = v.passage_id where v.tenant_id = $1 order by p.position`,
        [tenantId],
      )
    ).rows;
  const before = await vectors();
  expect(before).toHaveLength(2);
  await call(describeDataset, {
    datasetId: dataset.id,
    description: `${'lake '.repeat(150)}\n\n${'rain '.repeat(150)}`,
  });
  await call(describeDataset, { datasetId: dataset.id, origin: 'a gauge' });
  expect(await runJobs()).toBe(1); // for both changes
  const after = await vectors();
  expect(after).toContainEqual(before[0]);
  expect(after).not.toContainEqual(before[1]);
  expect((await call(searchPassages, { q: 'gauge' })).items[0]).toMatchObject({ wordRank: 1 });
  expect((await call(searchPassages, { q: '"wind wind"' })).items.filter(({ wordRank }) => wordRank !== null)).toEqual(
    [],
  );
  await call(deleteDataset, { datasetId: dataset.id });
  expect(await vectors()).toEqual([]);
  expect((await call(searchPassages, { q: 'lake' })).items).toEqual([]);
});

test('a colleague’s private dataset is not found, and moves no rank, score or count; shared, it is', async () => {
  const { as, call } = await office('colleagues');
  await call(createDataset, { name: 'town register' });
  await runJobs();
  const alone = await call(searchPassages, { q: 'town city' });
  const theirs = [];
  for (const description of ['town', 'town city', 'town city village place'])
    theirs.push(await call(createDataset, { name: `town city ${description}`, description }, as.colleague));
  await runJobs();
  expect(await call(searchPassages, { q: 'town city' })).toEqual(alone);
  expect(alone.items).toHaveLength(1);
  await call(shareDataset, { datasetId: theirs[1]!.dataset.id, userId: as.editor.userId }, as.colleague);
  expect((await call(searchPassages, { q: 'town city' })).items).toHaveLength(2);
  const other = await office('strangers');
  expect((await other.call(searchPassages, { q: 'town city' })).items).toEqual([]);
});

/** The ids that a member is shown by a statement. */
async function idsFor(identity: Member, statement: string): Promise<string[]> {
  const client = await testDatabase.pool('granary_api').connect();
  try {
    await client.query('begin');
    await client.query(
      `select set_config('request.jwt.claims', $1, true), set_config('role', 'granary_member', true)`,
      [claimsOf(identity)],
    );
    return (await client.query<{ id: string }>(statement)).rows.map(({ id }) => id);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

test('what the search may look through is what the policies show, for every role and kind', async () => {
  const { as, call, tenantId } = await office('policies');
  const mine = await call(createDataset, { name: 'town of the editor' });
  const theirs = await call(createDataset, { name: 'town of the colleague' }, as.colleague);
  const statements = [
    `insert into blocks (tenant_id, name, block_type) values ('${tenantId}', 'town model', 'model')`,
    `insert into blocks (tenant_id, name, block_type, dataset_id) values ('${tenantId}', 'town block', 'dataset', '${theirs.dataset.id}')`,
    `insert into edges (tenant_id, name) values ('${tenantId}', 'town edge')`,
    `insert into edges (tenant_id, name, dataset_ids) values ('${tenantId}', 'town joined', array['${mine.dataset.id}', '${theirs.dataset.id}']::uuid[])`,
  ];
  for (const statement of statements) await owner.query(statement);
  await runJobs();
  const counts = [];
  for (const member of [as.owner, as.editor, as.colleague, as.viewer, as.auditor]) {
    const seen = await idsFor(member, 'select id from search_passages');
    // an auditor may read blocks, but no datasets, and so does not search
    const found = await idsFor(
      member,
      `select passage_id as id from app.search_passages('town', '{dataset,block,edge}', null, null, null, null, 200)`,
    );
    expect(found.toSorted()).toEqual(seen.toSorted());
    counts.push(found.length);
  }
  expect(counts).toEqual([2, 3, 4, 2, 0]);
  const kinds = (await call(searchCatalogue, { q: 'town' }, as.colleague)).items.map(({ entityType }) => entityType);
  expect(kinds.toSorted()).toEqual(['block', 'block', 'dataset', 'edge']);
  expect((await call(searchCatalogue, { q: 'town', kind: 'edge' }, as.colleague)).items).toHaveLength(1);
});

test('within a category, what is in it and below is found, by who may see categories', async () => {
  const { as, call, tenantId } = await office('categories');
  const insert = async (statement: string) => (await owner.query<{ id: string }>(statement)).rows[0]!.id;
  const category = (name: string, parent: string | null) =>
    insert(
      `insert into taxonomy_categories (tenant_id, name, parent_id) values ('${tenantId}', '${name}', ${parent ? `'${parent}'` : 'null'}) returning id`,
    );
  const [land, water] = [await category('land', null), await category('water', null)];
  const lakes = await category('lakes', water);
  const { dataset } = await call(createDataset, { name: 'deep lake' });
  const block = (name: string, more: string) =>
    insert(
      `insert into blocks (tenant_id, name, block_type, dataset_id) values ('${tenantId}', '${name}', ${more}) returning id`,
    );
  const model = await block('lake model', `'model', null`);
  const made = await block('lake block', `'dataset', '${dataset.id}'`);
  await block('lake elsewhere', `'model', null`);
  for (const [blockId, categoryId] of [
    [model, water],
    [made, lakes],
  ])
    await insert(
      `insert into block_taxonomies (tenant_id, block_id, category_id) values ('${tenantId}', '${blockId}', '${categoryId}') returning id`,
    );
  await runJobs();
  const titles = async (categoryId: string, identity = as.editor) =>
    (await call(searchCatalogue, { q: 'lake', category: categoryId }, identity)).items
      .map(({ title }) => title)
      .toSorted();
  expect(await titles(water)).toEqual(['deep lake', 'lake block', 'lake model']);
  expect(await titles(lakes)).toEqual(['deep lake', 'lake block']);
  expect(await titles(water, as.colleague)).toEqual(['lake model']);
  expect(await titles(land)).toEqual([]);
  expect(await titles(crypto.randomUUID())).toEqual([]);
  const filters = await owner.query(`select taxonomy_filter from block_vector_representations where block_id = $1`, [
    made,
  ]);
  expect(filters.rows).toEqual([{ taxonomy_filter: [lakes] }]);
});

test('a worker that dies after any step leaves the source to be indexed again, and nothing double', async () => {
  const { call, tenantId } = await office('killed');
  const { dataset } = await call(createDataset, { name: 'lake', description: 'water' });
  const state = async () =>
    (
      await owner.query(
        `select s.indexed < s.wanted as waits, (select count(*)::int from search_passages p where p.source_id = s.id) as passages,
         (select count(*)::int from passage_vectors v where v.source_id = s.id) as vectors from search_sources s where dataset_id = $1`,
        [dataset.id],
      )
    ).rows[0];
  const { rows } = await owner.query<{ id: string }>('select id from search_sources where tenant_id = $1', [tenantId]);
  const source = { tenantId, sourceId: rows[0]!.id };
  const seen = [];
  for (const last of ['passages', 'vectors', 'finish']) {
    const onStep = async (step: string) => {
      if (step === last) throw new Error('killed');
    };
    await expect(indexSource({ ...indexing, onStep }, source)).rejects.toThrow('killed');
    seen.push(await state());
  }
  await indexSource(indexing, source);
  await indexSource(indexing, source);
  expect([...seen, await state()]).toEqual([
    { waits: true, passages: 0, vectors: 0 },
    { waits: true, passages: 1, vectors: 0 },
    { waits: true, passages: 1, vectors: 1 },
    { waits: false, passages: 1, vectors: 1 },
  ]);
});

test('a change while it is indexed is indexed by a job of its own; a job that was lost is queued again', async () => {
  await runJobs(); // those of the tests before
  const { call, tenantId } = await office('meanwhile');
  const { dataset } = await call(createDataset, { name: 'lake' });
  const onStep = async (step: string) => {
    if (step === 'vectors') await call(describeDataset, { datasetId: dataset.id, description: 'and a river' });
  };
  expect(await runJobs({ ...indexing, onStep })).toBe(1);
  expect(await runJobs()).toBe(1);
  expect((await call(searchPassages, { q: 'river' })).items[0]).toMatchObject({ wordRank: 1 });
  await call(describeDataset, { datasetId: dataset.id, description: 'and a pond' });
  await owner.query(`delete from jobs.job where name = 'search.index'`);
  const overdue = async () =>
    (await owner.query(`select app.enqueue_overdue_sources('1 hour') as queued`)).rows[0].queued;
  expect(await overdue()).toBe(0);
  await owner.query(`update search_sources set queued_at = now() - interval '2 hours' where tenant_id = $1`, [
    tenantId,
  ]);
  expect(await overdue()).toBe(1);
  expect(await runJobs()).toBe(1);
  expect((await call(searchPassages, { q: 'pond' })).items).toHaveLength(1);
});

test('where the model does not answer, the words do, and the answer says so; a failure of another kind is none', async () => {
  const { as, call } = await office('down');
  await call(createDataset, { name: 'lake' });
  await runJobs();
  const failing = (error: Error) =>
    createDatasetCaller(
      { ...dependencies, search: { embedder: { ...embedder, embed: () => Promise.reject(error) } } },
      owner,
      as.editor,
    ).call(searchCatalogue, { q: 'lake' });
  expect(await failing(new DomainError('unavailable', 'no answer'))).toMatchObject({
    vectors: 'unavailable',
    items: [{ title: 'lake' }],
  });
  await expect(failing(new Error('a defect'))).rejects.toThrow('a defect');
  const { search: _, ...without } = dependencies;
  const plain = createDatasetCaller(without, owner, as.editor);
  expect(await plain.call(searchCatalogue, { q: 'lake' })).toMatchObject({
    vectors: 'off',
    items: [{ title: 'lake' }],
  });
});

test('another model makes all vectors anew, once; a model that changes under its name is refused', async () => {
  const { call, tenantId } = await office('models');
  await call(createDataset, { name: 'lake' });
  await runJobs();
  const choose = async (version: string) =>
    (await owner.query<{ id: string }>(`select app.choose_embedding_model('few words', $1) as id`, [version])).rows[0]!
      .id;
  const second = await choose('2');
  expect(await runJobs({ ...indexing, modelId: second })).toBeGreaterThan(0);
  expect(await choose('2')).toBe(second);
  expect(await runJobs()).toBe(0);
  const { rows } = await owner.query('select distinct model_id from passage_vectors where tenant_id = $1', [tenantId]);
  expect(rows).toEqual([{ model_id: second }]);
  const longer: Embedder = { ...embedder, embed: async (texts) => texts.map(() => [1, 2, 3]) };
  await call(createDataset, { name: 'another lake' });
  await expect(runJobs({ ...indexing, embedder: longer, modelId: second })).rejects.toMatchObject({ code: 'GR412' });
  await choose('1');
  await runJobs();
});

test('words are taken as they come, whatever they are', async () => {
  const { call } = await office('hostile');
  await call(createDataset, { name: 'lake & river | (pond)' });
  await runJobs();
  for (const q of ["' or 1=1 --", '&&& | !', '"', '\\', '-', 'a'.repeat(1000), '<->', ':*', '𝒯𝑜𝓌𝓃', '%', '((((('])
    await expect(call(searchPassages, { q })).resolves.toMatchObject({ vectors: 'used' });
  for (const input of [{ q: '' }, { q: ' ' }, { q: 'a'.repeat(1001) }, { q: 'nul \u0000' }, { q: 'x', limit: 101 }])
    await expect(call(searchPassages, input)).rejects.toMatchObject({ kind: 'invalid' });
});

/** Another database, which holds what it is given. */
function elsewhere() {
  const held = new Map<string, Map<string, readonly number[]>>();
  const vectors: VectorDatabase = {
    name: 'pinecone',
    async put(namespace, placed) {
      const own = held.get(namespace) ?? new Map<string, readonly number[]>();
      for (const { key, vector } of placed) own.set(key, vector);
      held.set(namespace, own);
    },
    async remove(namespace, keys) {
      for (const key of keys) held.get(namespace)?.delete(key);
    },
    async nearest(namespace, { vector, most }) {
      const nearness = (other: readonly number[]) => other.reduce((sum, x, at) => sum + x * (vector[at] ?? 0), 0);
      const own = [...(held.get(namespace) ?? [])].sort(([, a], [, b]) => nearness(b) - nearness(a));
      return ['what it made up', crypto.randomUUID(), ...own.map(([key]) => key)].slice(0, most);
    },
  };
  return { held, vectors };
}

test('vectors elsewhere only propose: what may not be read is not found by them, and what is gone is removed there', async () => {
  await runJobs();
  const { as, call: withoutThem, tenantId } = await office('elsewhere');
  const { held, vectors } = elsewhere();
  const search = { embedder, vectors };
  const there = { ...indexing, vectors, modelId: await chooseModel(worker, search) };
  await owner.query(`delete from jobs.job where name = 'search.index'`); // of the other model’s
  const { call } = createDatasetCaller({ ...dependencies, search }, owner, as.editor);
  const { dataset } = await call(createDataset, { name: 'city' });
  await call(createDataset, { name: 'village' }, as.colleague);
  await runJobs(there);
  expect(held.get(tenantId)?.size).toBe(2);
  const { rows } = await owner.query(`select vector, bits, vector_db from passage_vectors where tenant_id = $1`, [
    tenantId,
  ]);
  expect(rows[0]).toEqual({ vector: null, bits: null, vector_db: 'pinecone' });
  expect(await call(searchCatalogue, { q: 'town' })).toMatchObject({ vectors: 'used', items: [{ title: 'city' }] });
  expect((await call(searchCatalogue, { q: 'town' })).items).toHaveLength(1);
  expect(await withoutThem(searchCatalogue, { q: 'town' })).toMatchObject({ items: [] }); // asks for the former model’s

  const dying = async (step: string) => {
    if (step === 'finish') throw new Error('killed');
  };
  const broken: VectorDatabase = {
    ...vectors,
    async put(...input) {
      await vectors.put(...input);
      throw new Error('killed'); // after it was put, before anything says so
    },
  };
  const doomed = async () =>
    (await owner.query(`select vector_key from doomed_vectors where namespace = $1`, [tenantId])).rowCount;
  await call(describeDataset, { datasetId: dataset.id, description: 'with a town' });
  const jobs = await owner.query(`select data from jobs.job where name = 'search.index'`);
  await expect(runJobs({ ...there, vectors: broken })).rejects.toThrow('killed');
  expect(await doomed()).toBe(2); // the one that is not so any more, and the new one of which nothing is said
  expect(held.get(tenantId)?.size).toBe(3);
  for (const { data } of jobs.rows) {
    await expect(indexSource({ ...there, onStep: dying }, data.input)).rejects.toThrow('killed');
    await indexSource(there, data.input);
  }
  expect(await doomed()).toBe(1);
  expect(await removeDoomedVectors(worker, vectors)).toBe(0); // a moment old
  expect(await removeDoomedVectors(worker, vectors, { minutes: 0 })).toBe(1);
  await call(deleteDataset, { datasetId: dataset.id });
  expect(await removeDoomedVectors(worker, vectors, { minutes: 0 })).toBe(1);
  expect(held.get(tenantId)?.size).toBe(1);
  await owner.query('delete from search_sources where tenant_id = $1', [tenantId]); // as erasing the organization does
  await removeDoomedVectors(worker, vectors, { minutes: 0 });
  expect(held.get(tenantId)?.size).toBe(0);
});
