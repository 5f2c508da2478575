import { readFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { afterAll, beforeAll, expect, test } from 'vitest';

// A PostgreSQL with pgvector, for machines whose own has none: the migration of the index runs in it, over its two tables.

const migrations = new URL('../../../supabase/migrations/', import.meta.url);
const tenant = '01900000-0000-7000-8000-000000000001';
const sources = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b'] as const;
const model = '01900000-0000-7000-8000-0000000000ff';
const few = 8;
let db: PGlite;

beforeAll(async () => {
  db = await PGlite.create({ extensions: { vector } });
  const search = await readFile(new URL('20261130070100_search_indexing.sql', migrations), 'utf8');
  const signBits = /create function app\.sign_bits[\s\S]*?end \$\$;/.exec(search)?.[0];
  await db.exec(`
    create schema app; create schema extensions; create role granary_worker;
    create table embedding_models (id uuid primary key, name text, dimensions integer, chosen_at timestamptz not null default clock_timestamp());
    create table passage_vectors (tenant_id uuid, source_id uuid, passage_id uuid default gen_random_uuid(), model_id uuid,
      bits bit varying, vector real[]);
    insert into embedding_models values ('${model}', 'few numbers', ${few});
    ${signBits}
    ${await readFile(new URL('20261130070400_vector_index.sql', migrations), 'utf8')}`);
  await db.query(
    `insert into passage_vectors (tenant_id, source_id, model_id, vector)
     select $1, case when n % 50 = 0 then $2::uuid else $3::uuid end, $4, (select array_agg((sin(n * k * 12.9898) + 1.1 * cos(n + k))::real) from generate_series(1, ${few}) k)
     from generate_series(1, 3000) n`,
    [tenant, sources[0], sources[1], model],
  );
  await db.exec(`
    update passage_vectors set vector = (select array_agg((x / length)::real order by at) from unnest(vector) with ordinality u (x, at),
      (select sqrt(sum(y * y)) as length from unnest(vector) y) l);
    update passage_vectors set bits = app.sign_bits(vector);`);
});
afterAll(() => db.close());

const nearest = async (within: readonly string[]) => {
  const { rows } = await db.query<{ passage_id: string; nearness: number }>(
    `select * from app.nearest_passages($1, $2::uuid[], $3, (select vector from passage_vectors order by passage_id limit 1), 10, 1000)`,
    [tenant, within, model],
  );
  return rows;
};
const maintain = async () =>
  (await db.query<{ did: string | null }>('select app.maintain_vector_index() as did')).rows[0]?.did;

test('without the extension nothing is made, and the signs find the nearest; with it, the index finds the same', async () => {
  expect(await maintain()).toBe('the extension vector is not installed');
  const bySigns = await nearest(sources);
  const ofFew = await nearest([sources[0]]);
  expect(bySigns[0]?.nearness).toBeCloseTo(1, 4);
  expect(ofFew).toHaveLength(10);

  await db.exec('create extension vector with schema extensions');
  expect(await maintain()).toBe('made the index of few numbers');
  expect(await maintain()).toBeNull();
  const { rows } = await db.query<{ 'QUERY PLAN': string }>(
    `explain select passage_id from passage_vectors where model_id = '${model}' and vector is not null
     order by (vector::extensions.vector(${few})) operator(extensions.<#>) '[1,0,0,0,0,0,0,0]'::extensions.vector(${few}) limit 10`,
  );
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('passage_vectors_hnsw_');
  const ids = (found: typeof bySigns) => found.map(({ passage_id: id }) => id);
  const shared = ids(await nearest(sources)).filter((id) => ids(bySigns).includes(id));
  expect(shared.length).toBeGreaterThanOrEqual(9); // both are approximate
  // one in fifty passes the filter: it is not by chance that there are ten
  const filtered = await nearest([sources[0]]);
  expect(filtered).toHaveLength(10);
  expect(ids(filtered).filter((id) => ids(ofFew).includes(id)).length).toBeGreaterThanOrEqual(9);
});

test('the index of a former model goes, and one of too many dimensions is not made', async () => {
  await db.query(`insert into embedding_models values (gen_random_uuid(), 'many numbers', 3072)`);
  expect(await maintain()).toBe('3072 dimensions are more than an HNSW index takes');
  const { rows } = await db.query(`select from pg_indexes where indexname like 'passage_vectors_hnsw%'`);
  expect(rows).toEqual([]);
});
