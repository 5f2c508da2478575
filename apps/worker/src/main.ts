import { createDatabase, openPool, preflight } from '@granary/db';
import { createLogger } from '@granary/logging';
import { openObjectStore } from '@granary/object-store';
import { readEnvironment } from './env.ts';
import { removeExpiredExports } from './export/export-state.ts';
import { createHandlers } from './handlers.ts';
import { sweepWorkDirectories } from './load/work-directories.ts';
import { logTo } from './log.ts';
import { startWorker } from './queue/start-worker.ts';

const env = readEnvironment(process.env);
const logger = createLogger({ service: 'worker', level: env.logLevel });
const log = logTo(logger);

await preflight(env.databaseUrl, 'worker');
await sweepWorkDirectories(env.workDirectory);
const { pool, prepared } = await openPool(env.databaseUrl, {
  ...env.database,
  onConnectionLost: (error) => log('a connection was lost', { error }),
});
const database = createDatabase(pool, { prepared });
const handlers = createHandlers({
  database,
  masterKeys: env.masterKeys,
  store: await openObjectStore(env.objectStore, env),
  workDirectory: env.workDirectory,
  exportHours: env.exportHours,
  maxColumns: env.maxColumns,
  log,
});
const worker = await startWorker({ url: env.databaseUrl, concurrency: env.concurrency, log }, handlers);
const expiring = setInterval(
  () => removeExpiredExports(database).catch((error) => log('exports were not expired', { error })),
  600_000,
);
logger.info({ concurrency: env.concurrency }, 'ready');

const stopping = Promise.withResolvers<NodeJS.Signals>();
process.once('SIGTERM', stopping.resolve);
process.once('SIGINT', stopping.resolve);
const signal = await stopping.promise;
logger.info({ signal, milliseconds: env.drainMilliseconds }, 'draining');
clearInterval(expiring);
await worker.stop(env.drainMilliseconds);
await pool.end();
logger.info('stopped');
