import type { TenantDb } from '@granary/db';
import { sql } from 'kysely';
import { type JobInput, type JobName, jobs } from './contracts.ts';

/** Part of the caller's transaction: the job exists if, and only if, the change is committed. Returns the job's id. */
export async function enqueue<N extends JobName>(
  db: TenantDb,
  tenantId: string,
  name: N,
  input: JobInput<N>,
): Promise<string> {
  const payload = JSON.stringify(jobs[name].parse(input)); // a bad job fails its sender, not its worker
  const { rows } = await sql<{
    id: string;
  }>`select app.enqueue(${name}, ${tenantId}::uuid, ${payload}::jsonb) as id`.execute(db);
  return rows[0]!.id;
}
