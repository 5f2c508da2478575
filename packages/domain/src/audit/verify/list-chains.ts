import type { Database } from '@granary/db';
import { sql } from 'kysely';

/** Every chain that there is, or should be: also one of which somebody removed everything but what the store has. */
export async function listChains(database: Database): Promise<string[]> {
  const { rows } = await sql<{ chain: string }>`
    select id as chain from organizations
    union select tenant_id from audit_heads
    union select tenant_id from audit_checkpoints
    union select '00000000-0000-0000-0000-000000000000'::uuid
    order by 1`.execute(database.kysely);
  return rows.map(({ chain }) => chain);
}
