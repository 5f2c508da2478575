import { asSystem, asUser, type Database, type Member } from '@granary/db';
import { implementation, port } from '@granary/domain';
import { sql } from 'kysely';
import { z } from 'zod';

const begunStep = z.object({
  attempt: z.int(),
  datasetId: z.uuid(),
  versionId: z.uuid(),
  /** versionId: of a dataset; neither of parameters of the run. */
  inputs: z.array(z.object({ port: z.string(), datasetId: z.uuid().nullish(), versionId: z.uuid().nullish() })),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  ports: z.array(port),
  output: port,
  implementation,
  dagsterPipelineConfig: z.record(z.string(), z.unknown()).nullable(),
  /** What is left of the step's time, or of the run's. */
  seconds: z.number(),
});
export type BegunStep = z.output<typeof begunStep>;

export interface StepIds {
  readonly runId: string;
  readonly step: string;
}

export interface StepFailure {
  readonly kind: string;
  readonly message: string;
}

/** Of the edge that a step runs; null where there is no such step for them. */
export async function kindOfStep(
  database: Database,
  identity: Member,
  { runId, step }: StepIds,
): Promise<string | null> {
  const found = await asUser(database, identity, 'pipeline:run', (db) =>
    db
      .selectFrom('run_steps as s')
      .innerJoin('edge_versions as v', (join) =>
        join.onRef('v.tenant_id', '=', 's.tenant_id').onRef('v.id', '=', 's.edge_version_id'),
      )
      .select('v.kind')
      .where('s.tenant_id', '=', identity.tenantId)
      .where('s.run_id', '=', runId)
      .where('s.name', '=', step)
      .executeTakeFirst(),
  );
  return found?.kind ?? null;
}

/** As whoever launched the run, so that a forged or stale job begins nothing. Null: nothing is to be done. */
export async function beginStep(
  database: Database,
  identity: Member,
  { runId, step }: StepIds,
): Promise<BegunStep | null> {
  const { rows } = await asUser(database, identity, 'pipeline:run', (db) =>
    sql<{ begun: unknown }>`select app.begin_step(${runId}::uuid, ${step}) as begun`.execute(db),
  );
  return begunStep.nullable().parse(rows[0]?.begun ?? null);
}

/** With `attempt` null whichever it is. False where it has ended already, or another worker has begun it since. */
export async function failStep(
  database: Database,
  { runId, step }: StepIds,
  attempt: number | null,
  { kind, message }: StepFailure,
  again: boolean,
): Promise<boolean> {
  const { rows } = await asSystem(database, 'run: progress', (db) =>
    sql<{ failed: boolean }>`select app.fail_step(${runId}::uuid, ${step}, ${attempt}::integer,
      ${JSON.stringify({ kind, message })}::jsonb, ${again}) as failed`.execute(db),
  );
  return rows[0]?.failed ?? false;
}

export async function logStep(
  database: Database,
  { runId, step }: StepIds,
  attempt: number,
  message: string,
  level: 'info' | 'warn' | 'error' = 'info',
): Promise<void> {
  await asSystem(database, 'run: progress', (db) =>
    sql`select app.log_step(${runId}::uuid, ${step}, ${attempt}::integer, ${level}, ${message})`.execute(db),
  );
}

const interval = 1000; // milliseconds

/** Calls back once the attempt is not wanted any more: cancelled, past its time, or begun by another worker. Returns what ends the watch. */
export function watchStep(
  database: Database,
  { runId, step }: StepIds,
  attempt: number,
  onUnwanted: () => void,
): () => void {
  const timer = setInterval(async () => {
    const found = await asSystem(database, 'run: progress', (db) =>
      sql<{
        goes: boolean;
      }>`select app.step_goes_on(${runId}::uuid, ${step}, ${attempt}::integer) as goes`.execute(db),
    ).catch(() => null); // the database's trouble, which the step meets itself
    if (found?.rows[0]?.goes === false) onUnwanted();
  }, interval);
  return () => clearInterval(timer);
}

/** Where this ended a run, the one that waits for it begins. */
export async function startWaitingRuns(database: Database): Promise<void> {
  await asSystem(database, 'run: progress', (db) => sql`select app.start_queued_runs()`.execute(db));
}
