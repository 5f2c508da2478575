import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

/** Queues again what has waited for long, because its job was given up or is lost. Answers how many. */
export function enqueueOverdueSources(database: Database): Promise<number> {
  return asSystem(database, 'search: index', async (db) => {
    const { rows } = await sql<{ queued: number }>`select app.enqueue_overdue_sources('6 hours') as queued`.execute(db);
    return rows[0]?.queued ?? 0;
  });
}
