// The API with no credential checked: every request is the member that the arguments name. For the benchmark of what
// checking costs, and for nothing else: what it serves is everybody's who reaches its port.
import { createDatabase, openPool } from '@granary/db';
import { bufferedOutput, createLogger } from '@granary/logging';
import { createFileObjectStore } from '@granary/object-store';
import { readEnvironment } from '../env.ts';
import { createServer } from '../server.ts';

const [userId = '', tenantId = ''] = process.argv.slice(2);
const env = readEnvironment(process.env);
const open = async (url: string) => {
  const { pool, prepared } = await openPool(url, env.database);
  return createDatabase(pool, { prepared });
};
const app = await createServer({
  database: await open(env.databaseUrl),
  identityDatabase: await open(env.identityDatabaseUrl),
  objectStore: createFileObjectStore(env.server.dataDirectory),
  settings: env.server,
  logger: createLogger({ service: 'api', level: env.logLevel, destination: bufferedOutput() }),
  draining: new AbortController().signal,
  authenticators: [async () => ({ userId, tenantId })],
});
await app.listen({ host: '127.0.0.1', port: env.port });
process.once('SIGTERM', () => process.exit(0));
