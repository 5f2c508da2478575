import { randomUUID } from 'node:crypto';
import type { Member } from '@granary/db';
import { makeKey, permissions } from '@granary/domain';
import type pg from 'pg';

export interface TestKey {
  readonly id: string;
  /** What goes after `Bearer`. */
  readonly text: string;
}

/** An API key of somebody, written by the schema's owner; with every scope unless some are named. */
export async function makeTestKey(
  owner: pg.Pool,
  { tenantId, userId }: Member,
  scopes: readonly string[] = permissions,
): Promise<TestKey> {
  const id = randomUUID();
  const { text, secretHash } = makeKey(id);
  await owner.query(
    `insert into api_keys (tenant_id, id, user_id, name, secret_hash, scopes) values ($1, $2, $3, 'test', $4, $5)`,
    [tenantId, id, userId, secretHash, scopes],
  );
  return { id, text };
}
