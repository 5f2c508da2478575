import { asUser, type Database, type Identity } from '@granary/db';
import { sql } from 'kysely';
import { toDomainError } from '../errors/to-domain-error.ts';

/**
 * Marks an upload as finished: every byte is in the object store under `sha256`. Not an action, because only the API,
 * which received the bytes, knows the digest. `claim` is what claimObject returned before they were put. Idempotent. Throws
 * DomainError not_found when it is not the caller's or no longer open, conflict when the claim is too old.
 */
export async function finishUpload(
  database: Database,
  identity: Identity,
  uploadId: string,
  sha256: string,
  claim: string | null = null,
): Promise<void> {
  try {
    await asUser(database, identity, 'dataset:write', async (db) => {
      await sql`select app.finish_upload(${uploadId}::uuid, ${sha256}, ${claim}::uuid)`.execute(db);
      await sql`select app.audit('uploads.finish', 'done', 'upload', ${uploadId}::uuid, ${JSON.stringify({ sha256 })}::jsonb)`.execute(
        db,
      );
    });
  } catch (error) {
    throw toDomainError(error);
  }
}
