import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

/** Ends uploads whose time is over and frees what they reserved. Returns their ids: their bytes are the caller's to remove. */
export async function expireUploads(database: Database): Promise<string[]> {
  return asSystem(database, 'uploads: expiry', async (db) => {
    const { rows } = await sql<{ id: string }>`select app.expire_uploads() as id`.execute(db);
    return rows.map(({ id }) => id);
  });
}
