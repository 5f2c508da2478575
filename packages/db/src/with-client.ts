import pg from 'pg';

/** Lends a connection of its own to `use` and closes it afterwards, whatever happened. */
export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // a server that goes away rejects the pending query; that is report enough
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
