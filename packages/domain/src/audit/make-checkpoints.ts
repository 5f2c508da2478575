import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';
import type { ObjectStore } from '../object-store/object-store.ts';
import type { AuditKeys } from './audit-keys.ts';
import { type CheckpointStatement, signCheckpoint } from './checkpoint.ts';
import { putCheckpoint } from './checkpoint-store.ts';

export interface CheckpointOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly keys: AuditKeys;
  readonly workDirectory: string;
  /** How long a chain that goes on may be without a new one. */
  readonly checkpointSeconds: number;
  readonly signal?: AbortSignal;
}

/** A chain that grows fast gets one after so many events. */
const mostEvents = 10_000;

/**
 * Signs the heads of the chains that are due, and puts each document into the store before the database has it: a crash
 * between the two leaves one more true document there. Returns how many; none without a key.
 */
export async function makeCheckpoints(options: CheckpointOptions): Promise<number> {
  const { database, store, keys, workDirectory, checkpointSeconds, signal } = options;
  const { signingKeyId: key } = keys;
  if (key === undefined) return 0;
  const { rows: due } = await asSystem(database, 'audit: checkpoints', (db) =>
    sql<Omit<CheckpointStatement, 'key'>>`
      select tenant_id as chain, sequence, hash, count, to_char(made_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time
      from app.checkpoints_due(${checkpointSeconds}, ${mostEvents})`.execute(db),
  );
  let made = 0;
  for (const said of due) {
    signal?.throwIfAborted();
    const document = signCheckpoint(keys, { ...said, key });
    await putCheckpoint(store, said.chain, document, workDirectory);
    const { rows } = await asSystem(database, 'audit: checkpoints', (db) =>
      sql<{ recorded: boolean }>`select app.record_checkpoint(${document}) as recorded`.execute(db),
    );
    if (rows[0]?.recorded) made += 1;
  }
  return made;
}
