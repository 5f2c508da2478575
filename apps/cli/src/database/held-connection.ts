import { createPool, type PoolOptions } from '@granary/db';

/** One connection, kept until `end`; the pool below it would wait for ever for a connection that nobody gave back. */
export interface HeldConnection {
  query(text: string, values: readonly unknown[]): Promise<{ rows: unknown[] }>;
  end(): Promise<void>;
}

/** Opens a connection of the product's kind, to hold locks of the session on it. */
export async function holdConnection(url: string, options: PoolOptions): Promise<HeldConnection> {
  const pool = createPool(url, { ...options, poolSize: 1 });
  try {
    const client = await pool.connect();
    return {
      query: (text, values) => client.query(text, [...values]),
      async end() {
        client.release(true);
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}
