import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';
import type { VectorDatabase } from './vector-database.ts';

interface Doomed {
  readonly id: string;
  readonly namespace: string;
  readonly vector_key: string;
}

const atOnce = 500;

/**
 * Removes from another database what our tables say nothing of any more. What was listed a moment ago may be on its way, and is left
 * for the next time. Answers how many went.
 */
export async function removeDoomedVectors(
  database: Database,
  vectors: VectorDatabase,
  { minutes = 60, signal }: { readonly minutes?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  let removed = 0;
  while (!signal?.aborted) {
    const doomed = await asSystem(database, 'search: index', async (db) => {
      const { rows } = await sql<Doomed>`
        select d.id, d.namespace, d.vector_key from doomed_vectors d
        where d.vector_db = ${vectors.name} and d.doomed_at <= now() - make_interval(mins => ${minutes}::integer)
          and not exists (select from passage_vectors v where v.tenant_id::text = d.namespace and v.passage_id::text = d.vector_key
            and v.vector_db = d.vector_db)
        order by d.namespace, d.id limit ${atOnce}`.execute(db);
      return rows;
    });
    if (doomed.length === 0) return removed;
    for (const [namespace, ofOne] of Map.groupBy(doomed, (each) => each.namespace))
      await vectors.remove(
        namespace,
        ofOne.map(({ vector_key }) => vector_key),
        signal,
      );
    const ids = doomed.map(({ id }) => id);
    await asSystem(database, 'search: index', (db) =>
      sql`delete from doomed_vectors where id = any (${ids}::uuid[])`.execute(db),
    );
    removed += doomed.length;
  }
  return removed;
}
