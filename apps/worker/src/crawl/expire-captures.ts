import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

const atOnce = 1000;

/**
 * Removes captures that are past their retention, in batches, and forgets hosts that nobody asks any more. `days`: of sources that
 * say nothing themselves, and the most of the others; null: for ever. Returns how many captures.
 */
export async function expireCaptures(database: Database, days: number | null, signal: AbortSignal): Promise<number> {
  await asSystem(database, 'captures: retention', (db) => sql`select app.forget_crawl_hosts()`.execute(db));
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    const batch = await asSystem(database, 'captures: retention', async (db) => {
      const { rows } = await sql<{
        expired: string;
      }>`select app.expire_captures(${days}::integer, ${atOnce}) as expired`.execute(db);
      return Number(rows[0]?.expired ?? 0);
    });
    removed += batch;
    if (batch < atOnce) return removed;
  }
}
