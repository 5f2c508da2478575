import { randomBytes } from 'node:crypto';
import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import { uuidv7 } from '../ids/uuidv7.ts';
import { keyContext } from './key-context.ts';
import type { MasterKeys } from './master-keys.ts';

/** Makes the tenant's pseudonym key and the dataset's key where there is none yet. Throws DomainError precondition. */
export async function ensureKeys(
  db: TenantDb,
  masterKeys: MasterKeys,
  tenantId: string,
  datasetId: string,
): Promise<void> {
  for (const purpose of ['pseudonym', 'dataset'] as const) {
    const id = uuidv7();
    const wrapped = masterKeys.wrap(randomBytes(32), keyContext[purpose](tenantId, id));
    await sql`select app.ensure_encryption_key(${datasetId}::uuid, ${purpose}, ${id}::uuid, ${wrapped})`.execute(db);
  }
}
