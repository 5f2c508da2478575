import type pg from 'pg';

/** The row that whatever names an object by its digest refers to, as if the object had been put. Idempotent. */
export async function recordStoredObject(owner: pg.Pool, tenantId: string, sha256: string, bytes = 0): Promise<void> {
  await owner.query(
    'insert into stored_objects (tenant_id, sha256, bytes) values ($1, $2, $3) on conflict do nothing',
    [tenantId, sha256, bytes],
  );
}
