import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import type { QueryContext } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { modelOf } from './choose-model.ts';
import { normaliseVector } from './normalise-vector.ts';
import { type FoundPassage, foundPassage, kinds, type searchedKind, type vectorUse } from './schema.ts';
import type { SearchServices } from './search-services.ts';

export interface PassageQuery {
  readonly q: string;
  readonly kind?: z.infer<typeof searchedKind> | undefined;
  readonly category?: string | undefined;
  readonly most: number;
}

interface Meaning {
  readonly vectors: z.infer<typeof vectorUse>;
  readonly modelId: string | null;
  readonly vector: readonly number[] | null;
  readonly named: readonly string[] | null;
}

/**
 * Passages that the caller may read, best first: by their words, and by what is meant where there is a model. What may be read is
 * decided by the database before anything is ranked.
 */
export async function findPassages(
  { reader, identity, search }: Pick<QueryContext, 'reader' | 'identity' | 'search'>,
  { q, kind, category, most }: PassageQuery,
): Promise<{ readonly vectors: Meaning['vectors']; readonly items: readonly FoundPassage[] }> {
  // also says whether the caller may search at all, before anything is asked of a model that costs
  const models = await reader.rows(query.selectFrom('embedding_models').select(['id', 'name', 'version']));
  const ours = search && modelOf(search);
  const model = models.find(({ name, version }) => name === ours?.name && version === ours.version);
  const wanted = kind === undefined ? [...kinds] : [kind];
  const meaning =
    search && model
      ? await meaningOf(search, {
          q,
          namespace: identity.tenantId,
          kinds: wanted,
          categories: category === undefined ? undefined : await categoriesBelow(reader, category),
          most,
          modelId: model.id,
        })
      : { vectors: 'off' as const, modelId: null, vector: null, named: null };
  const rows = await reader.rows(
    query
      .selectFrom(
        sql<{ passage_id: string; score: number; word_rank: number | null; vector_rank: number | null }>`
          app.search_passages(${q}, ${wanted}::text[], ${category ?? null}::uuid, ${meaning.modelId}::uuid, ${meaning.vector}::real[],
            ${meaning.named}::uuid[], ${most}::integer)`.as('found'),
      )
      .innerJoin('search_passages as p', (join) =>
        join.onRef('p.id', '=', 'found.passage_id').on('p.tenant_id', '=', identity.tenantId),
      )
      .innerJoin('search_sources as s', (join) =>
        join.onRef('s.tenant_id', '=', 'p.tenant_id').onRef('s.id', '=', 'p.source_id'),
      )
      .select([
        'p.id as passageId',
        's.dataset_id as datasetId',
        's.block_id as blockId',
        's.edge_id as edgeId',
        'p.title',
        'p.text',
        'p.position',
        'p.begins_at as beginsAt',
        'p.language',
        'found.score',
        'found.word_rank as wordRank',
        'found.vector_rank as vectorRank',
      ])
      .orderBy('found.score', 'desc')
      .orderBy('p.id'),
  );
  const items = rows.map(({ datasetId, blockId, edgeId, ...row }) =>
    foundPassage.parse({
      ...row,
      entityType: datasetId ? 'dataset' : blockId ? 'block' : 'edge',
      entityId: datasetId ?? blockId ?? edgeId,
    }),
  );
  return { vectors: meaning.vectors, items };
}

async function categoriesBelow(reader: QueryContext['reader'], category: string): Promise<readonly string[]> {
  const below = sql<{ ids: readonly string[] | null }>`(select app.categories_below(${category}::uuid) as ids)`;
  return (await reader.rows(query.selectFrom(below.as('below')).select('ids')))[0]?.ids ?? [];
}

interface Asked {
  readonly q: string;
  readonly namespace: string;
  readonly kinds: readonly string[];
  readonly categories: readonly string[] | undefined;
  readonly most: number;
  readonly modelId: string;
}

async function meaningOf(
  { embedder, vectors }: SearchServices,
  { q, namespace, kinds: wanted, categories, most, modelId }: Asked,
): Promise<Meaning> {
  try {
    const [embedded] = await embedder.embed([q]);
    const vector = normaliseVector(embedded ?? []);
    if (!vectors) return { vectors: 'used', modelId, vector, named: null };
    // more than are asked for, because what may not be read is taken out of them
    const asked = { vector, most: Math.min(most * 20, 1000), kinds: wanted, categories };
    const named = (await vectors.nearest(namespace, asked)).filter((key) => z.uuid().safeParse(key).success);
    return { vectors: 'used', modelId: null, vector: null, named };
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind !== 'unavailable') throw error;
    return { vectors: 'unavailable', modelId: null, vector: null, named: null };
  }
}
