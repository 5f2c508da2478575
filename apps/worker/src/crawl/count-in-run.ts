import type { SystemDb } from '@granary/db';
import { sql } from 'kysely';

type Count =
  | 'discovered'
  | 'fetched'
  | 'unchanged'
  | 'changed'
  | 'failed'
  | 'skipped'
  | 'bytes'
  | 'plugins'
  | 'plugins_changed'
  | 'held_back';
export type Counts = Readonly<Partial<Record<Count, number>>>;

/** Adds to what a run counts. Waits for others who do so at the moment, so it comes last in a transaction. */
export async function countInRun(db: SystemDb, runId: string, counts: Counts): Promise<void> {
  const additions = Object.entries(counts).filter(([, amount]) => amount !== 0);
  if (additions.length === 0) return;
  const set = additions.map(([name, amount]) => sql`${sql.ref(name)} = ${sql.ref(name)} + ${amount}::bigint`);
  await sql`update source_runs set ${sql.join(set)} where id = ${runId}::uuid`.execute(db);
}
