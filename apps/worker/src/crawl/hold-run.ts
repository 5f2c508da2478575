import type { SystemDb } from '@granary/db';
import { sql } from 'kysely';

/**
 * Whether the run goes on. Until the transaction ends it is not deleted; that it is cancelled meanwhile does no harm: what was
 * captured is a capture all the same.
 */
export async function holdRun(db: SystemDb, runId: string): Promise<boolean> {
  const { rows } = await sql`
    select from source_runs where id = ${runId}::uuid and state = 'running' for key share`.execute(db);
  return rows.length > 0;
}
