import { asSystem, type Database } from '@granary/db';
import { adoptOrphans, type CollectedObject, doomObjects, expireFinishedUploads } from './doom-objects.ts';
import { findOrphans } from './find-orphans.ts';
import type { ListedObject, ObjectStore } from './object-store.ts';
import { removeDoomed } from './remove-doomed.ts';

export type { CollectedObject } from './doom-objects.ts';

export interface CollectionOptions {
  /** How long nothing has to have referred to an object before it is removed. */
  readonly graceHours: number;
  /** Whether to look through the whole store for objects that the database knows nothing of. */
  readonly orphans: boolean;
  readonly signal?: AbortSignal;
}

export interface Collection {
  /** Finished uploads of which nobody made a version in time. */
  readonly expiredUploads: number;
  /** Objects that the database knew nothing of; they have their grace period too, from when they were put. */
  readonly orphans: number;
  readonly removed: readonly CollectedObject[];
}

/**
 * Removes from the store what nothing refers to. Several may run at once, with uploads and loads; whatever step a crash
 * interrupts, the next run goes on (docs/adr/0017).
 */
export async function collectObjects(
  database: Database,
  store: ObjectStore,
  { graceHours, orphans, signal }: CollectionOptions,
): Promise<Collection> {
  let adopted = 0;
  if (orphans) {
    for await (const batch of findOrphans(database, store)) {
      signal?.throwIfAborted();
      if (batch.length > 0) adopted += await asSystem(database, reason, (db) => adoptOrphans(db, batch));
    }
  }
  const expiredUploads = await asSystem(database, reason, (db) => expireFinishedUploads(db, graceHours));
  await asSystem(database, reason, (db) => doomObjects(db, graceHours));
  const removed: CollectedObject[] = [];
  for (;;) {
    signal?.throwIfAborted();
    const object = await removeDoomed(database, store);
    if (!object) return { expiredUploads, orphans: adopted, removed };
    removed.push(object);
  }
}

/** What collectObjects would do: the same statements, taken back. */
export async function planCollection(
  database: Database,
  store: ObjectStore,
  { graceHours, orphans }: CollectionOptions,
): Promise<Collection> {
  const found: ListedObject[] = [];
  if (orphans) for await (const batch of findOrphans(database, store)) found.push(...batch);
  let plan: Collection | undefined;
  const takeBack = new Error('only planned');
  await asSystem(database, reason, async (db) => {
    const left = await db.selectFrom('doomed_objects').select(['tenant_id as tenantId', 'sha256', 'bytes']).execute();
    const adopted = await adoptOrphans(db, found);
    const expiredUploads = await expireFinishedUploads(db, graceHours);
    plan = { expiredUploads, orphans: adopted, removed: [...left, ...(await doomObjects(db, graceHours))] };
    throw takeBack;
  }).catch((error: unknown) => {
    if (error !== takeBack) throw error;
  });
  if (!plan) throw new Error('the plan was not made');
  return plan;
}

const reason = 'objects: collection';
