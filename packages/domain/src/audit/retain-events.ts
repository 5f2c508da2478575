import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

/** At a time: a transaction that deletes for long keeps the chain from being sealed. */
const mostEvents = 20_000;

export interface RetainedChain {
  readonly chain: string;
  readonly removed: number;
}

/**
 * Removes the events that their organization no longer keeps, up to a signed checkpoint each. Without checkpoints nothing
 * goes, since nothing would prove what is left.
 *
 * @param defaultDays of organizations that say nothing themselves; null: for ever
 */
export async function retainEvents(
  database: Database,
  defaultDays: number | null,
  signal?: AbortSignal,
): Promise<RetainedChain[]> {
  const { rows: chains } = await asSystem(database, 'audit: retention', (db) =>
    sql<{ chain: string }>`select audit_chains as chain from app.audit_chains()`.execute(db),
  );
  const retained: RetainedChain[] = [];
  for (const { chain } of chains) {
    let removed = 0;
    for (let more = 1; more > 0; removed += more) {
      signal?.throwIfAborted();
      const { rows } = await asSystem(database, 'audit: retention', (db) =>
        sql<{
          removed: number;
        }>`select app.retain_audit(${chain}::uuid, ${defaultDays}, ${mostEvents}) as removed`.execute(db),
      );
      more = rows[0]?.removed ?? 0;
    }
    if (removed > 0) retained.push({ chain, removed });
  }
  return retained;
}
