import type { Database } from '@granary/db';
import { sql } from 'kysely';

/**
 * Every chain that there is, or should be: also one of which somebody removed everything but what the store has. Not that of an
 * organization that is being erased, whose trail goes piece by piece.
 */
export async function listChains(database: Database): Promise<string[]> {
  const { rows } = await sql<{ chain: string }>`
    select chain from (
      select id as chain from organizations
      union select tenant_id from audit_heads
      union select tenant_id from audit_checkpoints
      union select '00000000-0000-0000-0000-000000000000'::uuid
    ) known
    where not exists (select from organizations o where o.id = chain and o.erasing_since is not null)
    order by 1`.execute(database.kysely);
  return rows.map(({ chain }) => chain);
}
