import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

const batch = 1000;

/** Forgets deliveries that ended so many days ago, with what came of their attempts. Returns how many. */
export async function forgetDeliveries(database: Database, days: number, signal: AbortSignal): Promise<number> {
  let forgotten = 0;
  while (!signal.aborted) {
    const { rows } = await asSystem(database, 'webhooks: delivery', (db) =>
      sql<{ count: number }>`
        select app.forget_webhook_deliveries(make_interval(days => ${days}::integer), ${batch}::integer) as count`.execute(
        db,
      ),
    );
    const count = rows[0]?.count ?? 0;
    forgotten += count;
    if (count < batch) break;
  }
  return forgotten;
}
