import type { SystemDb } from '@granary/db';
import { sql } from 'kysely';
import type { ListedObject, ObjectKey, StoredObject } from './object-store.ts';

export type CollectedObject = ObjectKey & StoredObject;

/** Gives objects without a row one, as if they had been claimed when they were put. */
export async function adoptOrphans(db: SystemDb, orphans: readonly ListedObject[]): Promise<number> {
  const { rows } = await sql<{ adopted: number }>`
    select app.adopt_objects(${JSON.stringify(orphans)}::jsonb) as adopted`.execute(db);
  return Number(rows[0]?.adopted ?? 0);
}

/** Ends finished uploads that were not made a version of in time. Returns how many. */
export async function expireFinishedUploads(db: SystemDb, graceHours: number): Promise<number> {
  const { rows } = await sql<{ expired: number }>`
    select app.expire_finished_uploads(make_interval(secs => ${graceHours * 3600})) as expired`.execute(db);
  return Number(rows[0]?.expired ?? 0);
}

/** Marks what nothing has referred to for the grace period as to be removed, so that nothing can refer to it any more. */
export async function doomObjects(db: SystemDb, graceHours: number): Promise<CollectedObject[]> {
  const { rows } = await sql<{ tenantId: string; sha256: string; bytes: number }>`
    select tenant_id as "tenantId", sha256, bytes
    from app.doom_objects(make_interval(secs => ${graceHours * 3600}))`.execute(db);
  return rows;
}
