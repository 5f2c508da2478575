import { createDatabase, type Database, type DatabaseSettings, openPool } from '@granary/db';

/** Typed queries as the owner of the schema, on one connection. */
export type Owner = Database['kysely'];

export async function withOwnerKysely<T>(
  url: string,
  settings: DatabaseSettings,
  use: (owner: Owner) => Promise<T>,
): Promise<T> {
  const { pool } = await openPool(url, { ...settings, poolSize: 1 });
  try {
    return await use(createDatabase(pool, { prepared: false }).kysely);
  } finally {
    await pool.end();
  }
}
