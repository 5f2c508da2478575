import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { DatabaseSettings } from './settings.ts';

/** What pool and single connection have in common. */
export function connectionConfig(url: string, settings: DatabaseSettings): pg.ClientConfig {
  return {
    ...transport(url, settings),
    connectionTimeoutMillis: settings.connectTimeoutMs,
    application_name: settings.applicationName,
  };
}

/** pg lets the URL's sslmode win over its `ssl` option, so what we set replaces what the URL says. */
function transport(url: string, { tls, tlsCaFile }: DatabaseSettings): pg.ClientConfig {
  if (tls === 'url') return { connectionString: url };
  const bare = new URL(url);
  for (const name of ['ssl', 'sslmode', 'sslrootcert']) bare.searchParams.delete(name);
  const ca = tlsCaFile === undefined ? {} : { ca: readFileSync(tlsCaFile, 'utf8') };
  const ssl = {
    off: false,
    require: { rejectUnauthorized: false },
    'verify-full': { rejectUnauthorized: true, ...ca },
  } satisfies Record<typeof tls, pg.ClientConfig['ssl']>;
  return { connectionString: bare.href, ssl: ssl[tls] };
}

/**
 * Whether a pooler (pgbouncer, Supabase's) stands between us and PostgreSQL: then the process number of the greeting
 * is the pooler's invention. Poolers may share one server connection among transactions, so nothing of ours may
 * stay on it, and some refuse settings in the greeting.
 */
export async function isPooled(url: string, settings: DatabaseSettings): Promise<boolean> {
  const client = new pg.Client(connectionConfig(url, settings));
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    return rows[0]?.pid !== Reflect.get(client, 'processID');
  } finally {
    await client.end();
  }
}
