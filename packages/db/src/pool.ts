import { readFileSync } from 'node:fs';
import pg from 'pg';
import { type DatabaseSettings, databaseEnvironment } from './settings.ts';
import { typeParsers } from './type-parsers.ts';

export interface PoolOptions extends Partial<DatabaseSettings> {
  /** Told of every connection that is lost; the pool replaces it. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Every pool of the product: the type parsers that types.gen.ts assumes, and no crash when the server goes away. */
export function createPool(url: string, options: PoolOptions = {}): pg.Pool {
  const { onConnectionLost = () => {}, ...given } = options;
  const settings = { ...databaseEnvironment.parse({}), ...given };
  const pool = new pg.Pool({
    ...connection(url, settings),
    types: typeParsers,
    max: settings.poolSize,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    idleTimeoutMillis: settings.idleTimeoutMs,
    maxLifetimeSeconds: settings.maxLifetimeSeconds,
    application_name: settings.applicationName,
    ...(settings.statementTimeoutMs > 0 && { statement_timeout: settings.statementTimeoutMs }),
  });
  // pg-pool listens only while a client is idle. A backend that dies under a CHECKED-OUT client (failover,
  // pg_terminate_backend) would emit 'error' without a listener and end the process; the pending query
  // rejects anyway, and pg-pool discards the client.
  pool.on('connect', (client) => client.on('error', onConnectionLost));
  pool.on('error', onConnectionLost);
  return pool;
}

/** pg lets the URL's sslmode win over its `ssl` option, so what we set replaces what the URL says. */
function connection(url: string, { tls, tlsCaFile }: DatabaseSettings): pg.PoolConfig {
  if (tls === 'url') return { connectionString: url };
  const bare = new URL(url);
  for (const name of ['ssl', 'sslmode', 'sslrootcert']) bare.searchParams.delete(name);
  const ca = tlsCaFile === undefined ? {} : { ca: readFileSync(tlsCaFile, 'utf8') };
  const ssl = {
    off: false,
    require: { rejectUnauthorized: false },
    'verify-full': { rejectUnauthorized: true, ...ca },
  };
  return { connectionString: bare.href, ssl: ssl[tls] };
}
