import { asUser, type Database, type Identity } from '@granary/db';
import { sql } from 'kysely';
import { toDomainError } from '../errors/to-domain-error.ts';

/**
 * To be called before an object is put into the store, or found there, for something that will refer to it: from then on it
 * is spared for the grace period. Waits while it is being removed. Returns the claim, which the reference names
 * (finishUpload): a claim that is older than the grace period may be void.
 */
export async function claimObject(
  database: Database,
  identity: Identity,
  { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
): Promise<string> {
  try {
    return await asUser(database, identity, 'dataset:read', async (db) => {
      const { rows } = await sql<{ claim: string }>`
        select app.claim_object(${identity.tenantId}::uuid, ${sha256}, ${bytes}::bigint) as claim`.execute(db);
      return rows[0]!.claim;
    });
  } catch (error) {
    throw toDomainError(error);
  }
}
