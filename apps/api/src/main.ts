import { tmpdir } from 'node:os';
import { createDatabase, openPool, preflight } from '@granary/db';
import { bufferedOutput, createLogger, readSettings } from '@granary/logging';
import { openObjectStore } from '@granary/object-store';
import { openSearch } from '@granary/search';
import { readEnvironment } from './env.ts';
import { shutDown } from './http/shut-down.ts';
import { createServer } from './server.ts';

const env = readSettings(readEnvironment);
const logger = createLogger({ service: 'api', level: env.logLevel, destination: bufferedOutput() });

// before anything listens: a login that could pass row level security by must not serve
await preflight(env.databaseUrl, 'api');
await preflight(env.identityDatabaseUrl, 'identity');

const objectStore = await openObjectStore(env.objectStore, {
  dataDirectory: env.server.dataDirectory,
  workDirectory: tmpdir(),
});

const onConnectionLost = (err: Error) => logger.warn({ err }, 'a database connection was lost');
const open = async (url: string, poolSize: number) => {
  const { pool, prepared } = await openPool(url, { ...env.database, poolSize, onConnectionLost });
  return createDatabase(pool, { prepared });
};
const database = await open(env.databaseUrl, env.database.poolSize);
// asked once for each key that this process has not seen
const identityDatabase = await open(env.identityDatabaseUrl, Math.min(env.database.poolSize, 4));

const search = openSearch(env.search);
const draining = new AbortController();
const app = await createServer({
  database,
  identityDatabase,
  masterKeys: env.masterKeys,
  outboundAllow: env.outboundAllow,
  objectStore,
  search,
  settings: env.server,
  logger,
  draining: draining.signal,
});
const url = await app.listen({ host: env.host, port: env.port });
logger.info({ url }, 'listening');

const stop = async (signal: NodeJS.Signals) => {
  if (draining.signal.aborted) return;
  logger.info({ signal }, 'shutting down');
  draining.abort();
  await shutDown(app, env.drainMilliseconds);
  await Promise.all([database.pool.end(), identityDatabase.pool.end(), search?.close()]);
  logger.info('closed');
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
