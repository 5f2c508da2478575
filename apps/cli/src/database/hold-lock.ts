import { createPool } from '@granary/db';

/** Holds an advisory lock of the database until the returned function is called; undefined when another holds it. */
export async function holdLock(url: string, key: number): Promise<(() => Promise<void>) | undefined> {
  const pool = createPool(url, { poolSize: 1, applicationName: 'granary cli' });
  try {
    const client = await pool.connect();
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [key]);
    const release = async () => {
      client.release(true);
      await pool.end();
    };
    if (rows[0]?.held) return release;
    await release();
    return undefined;
  } catch (error) {
    await pool.end();
    throw error;
  }
}
