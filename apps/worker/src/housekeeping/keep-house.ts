import { asSystem, type Database } from '@granary/db';
import { applyRetention, collectObjects, type ObjectStore } from '@granary/domain';
import { sql } from 'kysely';
import { removeExpiredExports } from '../export/export-state.ts';
import type { Log } from '../log.ts';

export interface HousekeepingOptions {
  readonly database: Database;
  readonly store: ObjectStore;
  readonly graceHours: number;
  /** Whether to look through the whole store for objects that the database knows nothing of. */
  readonly orphans: boolean;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * What nobody asks for and has to be done: lets go of what has had its time, and removes from the store what nothing refers
 * to any more. One worker at a time; false where another one is at it.
 */
export function keepHouse({
  database,
  store,
  graceHours,
  orphans,
  log,
  signal,
}: HousekeepingOptions): Promise<boolean> {
  // the lock ends with this transaction, which does nothing else, and so with this process
  return asSystem(database, 'housekeeping', async (db) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended('granary housekeeping', 0)) as mine`.execute(db);
    if (!rows[0]?.mine) return false;
    await removeExpiredExports(database);
    for (const retired of await applyRetention(database, signal))
      log('versions were past their retention', { ...retired });
    const { removed, ...counts } = await collectObjects(database, store, { graceHours, orphans, signal });
    if (removed.length > 0) log('objects were removed', { ...counts, objects: removed.length, bytes: sum(removed) });
    return true;
  });
}

const sum = (objects: readonly { readonly bytes: number }[]) => objects.reduce((total, { bytes }) => total + bytes, 0);
