import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

/** Makes the index of the chosen model's vectors where the database has pgvector. Answers what was done; null for nothing. */
export function maintainVectorIndex(database: Database): Promise<string | null> {
  return asSystem(database, 'search: index', async (db) => {
    const { rows } = await sql<{ did: string | null }>`select app.maintain_vector_index() as did`.execute(db);
    const did = rows[0]?.did ?? null;
    return did === 'the extension vector is not installed' ? null : did;
  });
}
