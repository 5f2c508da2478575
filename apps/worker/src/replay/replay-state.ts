import { asSystem, type Database } from '@granary/db';
import type { DomainError } from '@granary/domain';
import { sql } from 'kysely';
import type { ReadError } from '../reading/read-error.ts';

export async function beginReplay(database: Database, replayId: string): Promise<void> {
  await asSystem(database, 'replay: progress', (db) =>
    db
      .updateTable('quarantine_replays')
      .set({ state: 'running', attempt: sql`attempt + 1`, started_at: sql`now()` })
      .where('id', '=', replayId)
      .where('state', 'in', ['queued', 'running'])
      .execute(),
  );
}

/** With `createdBy`, only if that user asked for it: a forged job ends nobody else's replay. */
export async function failReplay(
  database: Database,
  replayId: string,
  { kind, message }: ReadError | DomainError,
  createdBy?: string,
): Promise<void> {
  await asSystem(database, 'replay: progress', (db) =>
    db
      .updateTable('quarantine_replays')
      .set({ state: 'failed', error: JSON.stringify({ kind, message }), finished_at: sql`now()` })
      .where('id', '=', replayId)
      .where('state', 'in', ['queued', 'running'])
      .$if(createdBy !== undefined, (q) => q.where('created_by', '=', createdBy!))
      .execute(),
  );
}
