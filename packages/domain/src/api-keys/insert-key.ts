import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import type { z } from 'zod';
import { uuidv7 } from '../ids/uuidv7.ts';
import { makeKey } from './key-format.ts';
import { apiKey, apiKeyColumns } from './schema.ts';

export interface NewKey {
  readonly tenantId: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: string | null | undefined;
  readonly allowedNetworks?: readonly string[] | null | undefined;
  readonly requestsPerMinute?: number | null | undefined;
  readonly rotatedFrom?: string | undefined;
}

/** The key and its secret, which nobody can show again. */
export async function insertKey(db: TenantDb, key: NewKey): Promise<{ key: z.output<typeof apiKey>; secret: string }> {
  const id = uuidv7();
  const { text, secretHash } = makeKey(id);
  const inserted = await db
    .insertInto('api_keys')
    .values({
      tenant_id: key.tenantId,
      id,
      user_id: key.userId,
      name: key.name,
      secret_hash: secretHash,
      scopes: [...key.scopes],
      expires_at: key.expiresAt ?? null,
      allowed_networks: key.allowedNetworks ? sql`${[...key.allowedNetworks]}::cidr[]` : null,
      requests_per_minute: key.requestsPerMinute ?? null,
      rotated_from: key.rotatedFrom ?? null,
    })
    .returning(apiKeyColumns)
    .executeTakeFirstOrThrow();
  return { key: apiKey.parse(inserted), secret: text };
}
