// Keeps house, and is killed before or after an object is removed from the store: [worker URL, data directory, 'before' or 'after'].
import { createDatabase, openPool } from '@granary/db';
import { createFileObjectStore } from '@granary/object-store';
import { keepHouse } from '../src/housekeeping/keep-house.ts';

const [url = '', dataDirectory = '', killAt = ''] = process.argv.slice(2);
const { pool, prepared } = await openPool(url, { poolSize: 4, statementTimeoutMs: 0 });
const store = createFileObjectStore(dataDirectory);
const die = () => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
};

await keepHouse({
  database: createDatabase(pool, { prepared }),
  store: {
    ...store,
    async delete(key) {
      if (killAt === 'before') await die();
      await store.delete(key);
      await die();
    },
  },
  graceHours: 24,
  auditDays: null,
  captureDays: null,
  intakeDays: 90,
  orphans: false,
  log: () => {},
  signal: new AbortController().signal,
});
