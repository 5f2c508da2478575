import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';
import type { EmbeddingModel } from './embedder.ts';
import type { SearchServices } from './search-services.ts';

/** As the database knows it: where the vectors are is a part of it, for those in another place have to be made as well. */
export const modelOf = ({ embedder: { model }, vectors }: SearchServices): EmbeddingModel =>
  vectors ? { name: model.name, version: `${model.version}, in ${vectors.name}` } : model;

/**
 * The worker's, when it starts: vectors are made by this model from now on; if by another one before, all are made anew. Answers the
 * model's id. Of two workers with different settings, the one that started last is right.
 */
export function chooseModel(database: Database, services: SearchServices): Promise<string> {
  const { name, version } = modelOf(services);
  return asSystem(database, 'search: index', async (db) => {
    const { rows } = await sql<{ id: string }>`select app.choose_embedding_model(${name}, ${version}) as id`.execute(
      db,
    );
    return rows[0]?.id ?? '';
  });
}
