// Erases organizations two rows at a time, and is killed after so many steps, or before or after an object is removed from
// the store: [worker URL, data directory, number | 'before' | 'after'].
import { createDatabase, openPool } from '@granary/db';
import { eraseOrganizations } from '@granary/domain';
import { createFileObjectStore } from '@granary/object-store';

const [url = '', dataDirectory = '', killAt = ''] = process.argv.slice(2);
const { pool, prepared } = await openPool(url, { poolSize: 4, statementTimeoutMs: 0 });
const store = createFileObjectStore(dataDirectory);
const die = () => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
};

let steps = 0;
await eraseOrganizations(
  createDatabase(pool, { prepared }),
  {
    ...store,
    async delete(key) {
      if (killAt === 'before') await die();
      await store.delete(key);
      if (killAt === 'after') await die();
    },
  },
  {
    batch: 2,
    signal: new AbortController().signal,
    onFailure: (_tenantId, error) => {
      throw error;
    },
    async onStep() {
      steps += 1;
      if (steps === Number(killAt)) await die();
    },
  },
);
await pool.end();
