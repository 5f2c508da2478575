import { asSystem, type Database, type SystemDb } from '@granary/db';
import { sql } from 'kysely';
import type { Embedder } from './embedder.ts';
import { normaliseVector } from './normalise-vector.ts';
import { embeddedText, type Passage, passagesOf } from './passages-of.ts';
import { readSourceText, type SourceText } from './source-text.ts';
import type { PlacedVector, VectorDatabase } from './vector-database.ts';

export interface IndexingDependencies {
  readonly database: Database;
  /** Without one, passages are found by their words alone. */
  readonly embedder?: Embedder | undefined;
  /** The chosen model, as app.choose_embedding_model answers. */
  readonly modelId?: string | undefined;
  /** In place of our own tables. */
  readonly vectors?: VectorDatabase | undefined;
  /** Awaited before each step: where a test stops the process. */
  readonly onStep?: ((step: 'passages' | 'vectors' | 'finish') => Promise<void>) | undefined;
}

interface Bare {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** So many texts are embedded at once, and what is done of them is kept. */
const atOnce = 32;

/**
 * Brings what can be searched of a source in step with it: its passages first, so that they are found by their words, then the vectors
 * that are missing, then the note that it is done. Runs again after a crash anywhere; two at once do each other no harm.
 */
export async function indexSource(
  dependencies: IndexingDependencies,
  { tenantId, sourceId }: { readonly tenantId: string; readonly sourceId: string },
  signal?: AbortSignal,
): Promise<void> {
  const { database, onStep } = dependencies;
  await onStep?.('passages');
  const source = await asSystem(database, 'search: index', async (db) => {
    const read = await readSourceText(db, tenantId, sourceId);
    if (read) await putPassages(db, tenantId, sourceId, passagesOf(read));
    return read;
  });
  if (!source) return;
  await onStep?.('vectors');
  await addVectors(dependencies, { tenantId, sourceId, source }, signal);
  await onStep?.('finish');
  await asSystem(database, 'search: index', (db) =>
    sql`select app.finish_indexing(${tenantId}::uuid, ${sourceId}::uuid, ${source.seen}::integer)`.execute(db),
  );
}

/** What is the same as before stays, and its vector with it. */
async function putPassages(
  db: SystemDb,
  tenantId: string,
  sourceId: string,
  passages: readonly Passage[],
): Promise<void> {
  // one after the other: who comes second sees what the first one left
  await sql`select from search_sources where tenant_id = ${tenantId}::uuid and id = ${sourceId}::uuid for update`.execute(
    db,
  );
  await sql`delete from search_passages where tenant_id = ${tenantId}::uuid and source_id = ${sourceId}::uuid
    and digest <> all (${passages.map(({ digest }) => digest)}::text[])`.execute(db);
  await sql`
    insert into search_passages (tenant_id, source_id, position, begins_at, title, text, language, lexemes, digest)
    select ${tenantId}::uuid, ${sourceId}::uuid, p.position, p."beginsAt", p.title, p.text, p.language,
      app.passage_lexemes(p.language, p.title, p.text), p.digest
    from jsonb_to_recordset(${JSON.stringify(passages)}::jsonb)
      as p (position integer, "beginsAt" integer, title text, text text, language text, digest text)
    on conflict (tenant_id, source_id, digest) do update set position = excluded.position, begins_at = excluded.begins_at`.execute(
    db,
  );
}

async function addVectors(
  { database, embedder, modelId, vectors }: IndexingDependencies,
  { tenantId, sourceId, source }: { readonly tenantId: string; readonly sourceId: string; readonly source: SourceText },
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!embedder || modelId === undefined) return;
  const place = vectors?.name ?? 'postgres';
  const categories = await asSystem(database, 'search: index', (db) => readCategories(db, tenantId, sourceId, place));
  while (true) {
    const bare = await asSystem(database, 'search: index', async (db) => {
      const { rows } = await sql<Bare>`
        select p.id, p.title, p.text from search_passages p
        where p.tenant_id = ${tenantId}::uuid and p.source_id = ${sourceId}::uuid and not exists (select from passage_vectors v
          where v.tenant_id = p.tenant_id and v.passage_id = p.id and v.model_id = ${modelId}::uuid and v.vector_db = ${place}
            and v.taxonomy_filter = ${JSON.stringify(categories)}::jsonb)
        order by p.position limit ${atOnce}`.execute(db);
      return rows;
    });
    if (bare.length === 0) return;
    const embedded = (await embedder.embed(bare.map(embeddedText), signal)).map(normaliseVector);
    const placed = bare.map(({ id }, at) => ({
      key: id,
      vector: embedded[at] ?? [],
      kind: source.kind,
      categories,
    }));
    if (vectors) {
      // listed before it is there, so that it is removed again where nobody comes to say that it is
      await asSystem(database, 'search: index', (db) => listDoomed(db, tenantId, place, placed));
      await vectors.put(tenantId, placed, signal);
    }
    await asSystem(database, 'search: index', (db) => notePlaced(db, { tenantId, sourceId, modelId, place }, placed));
  }
}

/** The categories that a source is in itself. Where vectors are ours they say so at once; another database has to be told. */
async function readCategories(
  db: SystemDb,
  tenantId: string,
  sourceId: string,
  place: string,
): Promise<readonly string[]> {
  const { rows } = await sql<{ categories: readonly string[] }>`
    select app.source_categories(s.tenant_id, s) as categories from search_sources s
    where s.tenant_id = ${tenantId}::uuid and s.id = ${sourceId}::uuid`.execute(db);
  const categories = rows[0]?.categories ?? [];
  if (place === 'postgres')
    await sql`update passage_vectors set taxonomy_filter = ${JSON.stringify(categories)}::jsonb, updated_at = now()
      where tenant_id = ${tenantId}::uuid and source_id = ${sourceId}::uuid and vector_db = 'postgres'
        and taxonomy_filter <> ${JSON.stringify(categories)}::jsonb`.execute(db);
  return categories;
}

async function listDoomed(
  db: SystemDb,
  tenantId: string,
  place: string,
  placed: readonly { readonly key: string }[],
): Promise<void> {
  await sql`insert into doomed_vectors (vector_db, namespace, vector_key)
    select ${place}, ${tenantId}, key from unnest(${placed.map(({ key }) => key)}::text[]) key
    on conflict (vector_db, namespace, vector_key) do nothing`.execute(db);
}

async function notePlaced(
  db: SystemDb,
  { tenantId, sourceId, modelId, place }: Record<'tenantId' | 'sourceId' | 'modelId' | 'place', string>,
  placed: readonly PlacedVector[],
): Promise<void> {
  await sql`select app.note_vector_dimensions(${modelId}::uuid, ${placed[0]?.vector.length ?? 0}::integer)`.execute(db);
  for (const { key, vector, categories } of placed) {
    const ours = place === 'postgres' ? vector : null;
    await sql`
      insert into passage_vectors (tenant_id, source_id, passage_id, model_id, vector_db, vector_key, taxonomy_filter, bits, vector)
      select p.tenant_id, p.source_id, p.id, ${modelId}::uuid, ${place}, ${key}, ${JSON.stringify(categories)}::jsonb, app.sign_bits(${ours}::real[]), ${ours}::real[]
      from search_passages p where p.tenant_id = ${tenantId}::uuid and p.source_id = ${sourceId}::uuid and p.id = ${key}::uuid
      for key share
      on conflict (tenant_id, passage_id) do update set model_id = excluded.model_id, vector_db = excluded.vector_db,
        vector_key = excluded.vector_key, taxonomy_filter = excluded.taxonomy_filter, bits = excluded.bits, vector = excluded.vector, updated_at = now()`.execute(
      db,
    );
    await sql`delete from doomed_vectors d where d.vector_db = ${place} and d.namespace = ${tenantId} and d.vector_key = ${key}
      and exists (select from passage_vectors v where v.tenant_id = ${tenantId}::uuid and v.passage_id = ${key}::uuid
        and v.vector_db = ${place})`.execute(db);
  }
}
