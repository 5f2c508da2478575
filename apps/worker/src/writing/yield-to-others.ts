import type { Database } from '@granary/db';
import { DomainError } from '@granary/domain';
import type pg from 'pg';

const interval = 1000; // milliseconds

/**
 * Runs long reads of a transaction, and gives up when somebody has to wait for it: who reads a table keeps it from being
 * dropped, and deleting a dataset must not wait for an export of it. Rejects with DomainError unavailable then; trying again
 * finds out what has become of the version.
 */
export async function yieldToOthers<T>(
  database: Database,
  client: pg.PoolClient,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const yielding = new AbortController();
  const timer = setInterval(async () => {
    const blocked = await database.pool
      .query('select from pg_locks where not granted and $1 = any(pg_blocking_pids(pid)) limit 1', [rows[0]?.pid])
      .catch(() => null); // the database's trouble, which the reading meets itself
    if (blocked?.rowCount) yielding.abort(new DomainError('unavailable', 'the dataset is being changed or deleted'));
  }, interval);
  try {
    return await work(AbortSignal.any([signal, yielding.signal]));
  } catch (error) {
    yielding.signal.throwIfAborted();
    throw error;
  } finally {
    clearInterval(timer);
  }
}
