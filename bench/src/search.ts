import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Member, query, readAsUser } from '@granary/db';
import { createTestOrganization } from '@granary/db/testing';
import { sql } from 'kysely';
import { from as copyFrom } from 'pg-copy-streams';
import { median, paired, seconds } from './measure.ts';
import { type Scratch, withScratch } from './scratch.ts';
import { binaryVectors } from './vector-copy.ts';
import { makeVectors, nearestExactly } from './vectors.ts';

const passages = 50_000;
const each = 10;
const dimensions = 512;
const most = 10;
const rounds = 3;
/** Of vectors that are near to nothing, to learn what the signs find where there is nothing to find. */
const scatteredPassages = 10_000;

/**
 * Ten passages of 50,000 by their vectors, as a member asks for them: permission, candidates by the signs of the dimensions, the
 * vectors of these, fusion. Against the exact scan of the same table in the same database; what the same scan takes in this process,
 * with all vectors in its memory and no question of permission, beside it. Recall is against the exact ten.
 */
export const search = () =>
  withScratch(async (scratch) => {
    const grouped = await measure(scratch, passages, 1000);
    const scattered = await measure(scratch, scatteredPassages, 0);
    return {
      ...paired(grouped.exact, grouped.ours),
      recallAt10: grouped.recall,
      milliseconds: {
        ours: thousandth(grouped.ours),
        exactInPostgres: thousandth(grouped.exact),
        exactInMemory: thousandth(grouped.inMemory),
      },
      scattered: { passages: scatteredPassages, recallAt10: scattered.recall, ours: thousandth(scattered.ours) },
      sizes: { passages, sources: passages / each, dimensions, most },
    };
  });

const thousandth = (values: readonly number[]): number => Number((median(values) * 1000).toPrecision(3));

async function measure(scratch: Scratch, count: number, groups: number) {
  const { owner, api } = scratch;
  const { vectors, queries } = makeVectors(count, dimensions, groups);
  const organization = await createTestOrganization(owner, `search ${groups}`);
  const { modelId, ids } = await fill(scratch, organization.as.editor, vectors);
  const places = new Map(ids.map((id, place) => [id, place]));
  const ask = async (identity: Member, vector: Float32Array) =>
    readAsUser(api, identity, 'dataset:read').rows(
      query
        .selectFrom(
          sql<{
            passage_id: string;
            score: number;
          }>`app.search_passages('nothing of this', '{dataset,block,edge}', null, ${modelId}::uuid,
            ${[...vector]}::real[], null, ${most})`.as('found'),
        )
        .select('passage_id')
        .orderBy('score', 'desc'),
    );
  let hits = 0;
  const figures = { ours: [] as number[], exact: [] as number[], inMemory: [] as number[] };
  process.stderr.write('filled\n');
  for (const [round, vector] of queries.entries()) {
    const found: string[] = [];
    const time = await seconds(async () => {
      found.push(...(await ask(organization.as.editor, vector)).map(({ passage_id: id }) => id));
    });
    const exact: number[] = [];
    const inMemory = await seconds(async () => {
      exact.push(...nearestExactly(vectors, vector, most));
    });
    hits += found.filter((id) => exact.includes(places.get(id) ?? -1)).length;
    if (round === 0 || round > rounds) continue; // the first one warms up, the last ones are for the recall
    figures.ours.push(time);
    figures.inMemory.push(inMemory);
    // once over everything takes seconds, so that it is done where it is compared with alone
    if (groups > 0) figures.exact.push(await seconds(() => scanExactly(scratch, organization.tenantId, vector)));
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  return { ...figures, recall: Number((hits / (queries.length * most)).toFixed(3)) };
}

const scanExactly = ({ owner }: Scratch, tenantId: string, vector: Float32Array) =>
  owner.query(
    `select v.passage_id, (select sum(a * b) from unnest(v.vector, $2::real[]) as pair (a, b)) as nearness
     from passage_vectors v where v.tenant_id = $1 order by nearness desc limit ${most}`,
    [tenantId, [...vector]],
  );

/** Blocks of ten passages each, and these vectors; the passages' ids in the vectors' order. */
async function fill({ owner }: Scratch, editor: Member, vectors: readonly Float32Array[]) {
  const { rows: models } = await owner.query<{ id: string }>(
    `select app.choose_embedding_model('made up', 'for this') as id`,
  );
  const modelId = models[0]?.id ?? '';
  await owner.query(
    `insert into blocks (tenant_id, name, block_type) select $1, 'block ' || n, 'model' from generate_series(1, $2) n`,
    [editor.tenantId, vectors.length / each],
  );
  const { rows } = await owner.query<{ id: string }>(
    `insert into search_passages (tenant_id, source_id, position, begins_at, title, text, language, lexemes, digest)
     select s.tenant_id, s.id, n, 0, 'block', 'passage ' || n, 'simple', to_tsvector('simple', 'block passage ' || n), encode(sha256(n::text::bytea), 'hex')
     from search_sources s, generate_series(1, $2) n where s.tenant_id = $1 returning id`,
    [editor.tenantId, each],
  );
  const ids = rows.map(({ id }) => id);
  const client = await owner.connect();
  try {
    await client.query('create temporary table copied (id uuid, vector real[], bits bit varying)');
    const bytes = binaryVectors(ids.map((id, at) => [id, vectors[at] ?? new Float32Array()] as const));
    await pipeline(Readable.from(bytes), client.query(copyFrom('copy copied from stdin (format binary)')));
    await client.query(
      `insert into passage_vectors (tenant_id, source_id, passage_id, model_id, vector_db, vector_key, bits, vector)
       select p.tenant_id, p.source_id, p.id, $2, 'postgres', p.id, c.bits, c.vector
       from copied c join search_passages p on p.tenant_id = $1 and p.id = c.id`,
      [editor.tenantId, modelId],
    );
    await client.query('drop table copied');
  } finally {
    client.release();
  }
  await owner.query('vacuum analyze search_sources, search_passages, passage_vectors, blocks');
  return { modelId, ids };
}
