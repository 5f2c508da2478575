import { asSystem, type Database, type SystemDb } from '@granary/db';
import { sql } from 'kysely';
import type { ObjectStore } from '../object-store/object-store.ts';
import { removeDoomed } from '../object-store/remove-doomed.ts';

export interface ErasureOptions {
  readonly signal: AbortSignal;
  /** Rows that one transaction deletes at most, so that none takes long. */
  readonly batch?: number;
  /** Told what each step did, after it. */
  readonly onStep?: (step: string) => Promise<void> | void;
  /** One organization that cannot be erased now is not in the way of the others. */
  readonly onFailure: (tenantId: string, error: unknown) => void;
}

/**
 * Erases the organizations whose time of grace is over: their keys first, then rows, tables and objects. Every step is a
 * transaction that looks for what is left, so that whatever a crash interrupts, the next call goes on. Returns those that
 * are gone (docs/adr/0023).
 */
export async function eraseOrganizations(
  database: Database,
  store: ObjectStore,
  options: ErasureOptions,
): Promise<string[]> {
  const due = await inStep(database, (db) =>
    sql<{ id: string }>`select id from app.organizations_to_erase() as id`.execute(db),
  );
  const erased: string[] = [];
  for (const { id } of due.rows) {
    try {
      if (await eraseOrganization(database, store, id, options)) erased.push(id);
    } catch (error) {
      options.signal.throwIfAborted();
      options.onFailure(id, error);
    }
  }
  return erased;
}

async function eraseOrganization(
  database: Database,
  store: ObjectStore,
  tenantId: string,
  { signal, batch = 5000, onStep }: ErasureOptions,
): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted();
    const done = await inStep(database, (db) =>
      sql<{ step: string | null }>`select app.erase_organization_step(${tenantId}::uuid, ${batch}) as step`.execute(db),
    );
    const step = done.rows[0]?.step ?? null;
    if (step === null) return false; // restored meanwhile, or erased by somebody else: nothing of it is ours to touch
    if (step === 'objects') await removeObjects(database, store, tenantId, signal);
    await onStep?.(step);
    if (step === 'nothing left') break;
  }
  // what no row tells of: put by a process that died before it could say so
  for await (const { sha256 } of store.list(tenantId)) {
    signal.throwIfAborted();
    await store.delete({ tenantId, sha256 });
  }
  await onStep?.('store');
  const finished = await inStep(database, (db) =>
    sql<{ is_gone: boolean }>`select app.finish_erasure(${tenantId}::uuid) as is_gone`.execute(db),
  );
  return finished.rows[0]?.is_gone ?? false;
}

async function removeObjects(
  database: Database,
  store: ObjectStore,
  tenantId: string,
  signal: AbortSignal,
): Promise<void> {
  const doomed = await inStep(database, (db) =>
    db.selectFrom('doomed_objects').select('sha256').where('tenant_id', '=', tenantId).limit(1000).execute(),
  );
  for (const { sha256 } of doomed) {
    signal.throwIfAborted();
    await removeDoomed(database, store, { tenantId, sha256 });
  }
}

const inStep = <T>(database: Database, work: (db: SystemDb) => Promise<T>): Promise<T> =>
  asSystem(database, 'organization: erasure', work);
