import { createHash } from 'node:crypto';
import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';
import { type ChainPlace, canonicalEntry, type EventText } from './canonical-entry.ts';

export interface SealOptions {
  /** How many events of a chain at a time. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** Told of a chain that could not be sealed; the others are. Without it, the failure is thrown. */
  readonly onFailure?: (chain: string, error: unknown) => void;
}

/**
 * Seals a batch of every chain in which something can be sealed, and returns how many events that were. Several workers may
 * do so at once, each chain is one's at a time; a batch is sealed whole or not at all.
 */
export async function sealChains(
  database: Database,
  { batch = 1000, signal, onFailure }: SealOptions = {},
): Promise<number> {
  const { rows } = await asSystem(database, 'audit: sealing', (db) =>
    sql<{ chain: string }>`select audit_waiting as chain from app.audit_waiting()`.execute(db),
  );
  let sealed = 0;
  for (const { chain } of rows) {
    signal?.throwIfAborted();
    try {
      sealed += await sealBatch(database, chain, batch);
    } catch (error) {
      if (!onFailure) throw error;
      onFailure(chain, error);
    }
  }
  return sealed;
}

function sealBatch(database: Database, chain: string, most: number): Promise<number> {
  return asSystem(database, 'audit: sealing', async (db) => {
    const { rows } = await sql<ChainPlace & EventText>`
      select sequence, previous, event, details from app.audit_batch(${chain}::uuid, ${most})`.execute(db);
    const entries: Buffer[] = [];
    let previous = rows[0]?.previous ?? '';
    for (const { sequence, event, details } of rows) {
      const entry = canonicalEntry({ sequence, previous }, { event, details });
      entries.push(entry);
      previous = createHash('sha256').update(entry).digest('hex');
    }
    if (entries.length > 0) await sql`select app.seal_audit(${chain}::uuid, ${entries}::bytea[])`.execute(db);
    return entries.length;
  });
}
