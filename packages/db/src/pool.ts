import pg from 'pg';
import { connectionConfig, isPooled } from './connection.ts';
import { type DatabaseSettings, databaseEnvironment } from './settings.ts';
import { typeParsers } from './type-parsers.ts';

export interface PoolOptions extends Partial<DatabaseSettings> {
  /** The URL leads to a pooler, which may refuse settings in the greeting: the role's own timeout applies. */
  readonly pooled?: boolean;
  /** Told of every connection that is lost; the pool replaces it. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Every pool of the product: the type parsers that types.gen.ts assumes, and no crash when the server goes away. */
export function createPool(url: string, options: PoolOptions = {}): pg.Pool {
  const { onConnectionLost = () => {}, pooled = false, ...given } = options;
  const settings = { ...databaseEnvironment.parse({}), ...given };
  const pool = new pg.Pool({
    ...connectionConfig(url, settings),
    types: typeParsers,
    max: settings.poolSize,
    idleTimeoutMillis: settings.idleTimeoutMs,
    maxLifetimeSeconds: settings.maxLifetimeSeconds,
    ...(settings.statementTimeoutMs > 0 && !pooled && { statement_timeout: settings.statementTimeoutMs }),
  });
  // pg-pool listens only while a client is idle. A backend that dies under a CHECKED-OUT client (failover,
  // pg_terminate_backend) would emit 'error' without a listener and end the process; the pending query
  // rejects anyway, and pg-pool discards the client.
  pool.on('connect', (client) => client.on('error', onConnectionLost));
  pool.on('error', onConnectionLost);
  return pool;
}

export interface OpenedPool {
  readonly pool: pg.Pool;
  readonly pooled: boolean;
  /** Whether named prepared statements may be used: as set, or, set to `auto`, unless a pooler is found. */
  readonly prepared: boolean;
}

/** Looks at what the URL leads to, then makes the pool for it. Throws when the server cannot be reached. */
export async function openPool(url: string, options: PoolOptions = {}): Promise<OpenedPool> {
  const settings = { ...databaseEnvironment.parse({}), ...options };
  const pooled = options.pooled ?? (await isPooled(url, settings));
  const prepared = settings.prepared === 'auto' ? !pooled : settings.prepared === 'on';
  return { pool: createPool(url, { ...options, pooled }), pooled, prepared };
}
