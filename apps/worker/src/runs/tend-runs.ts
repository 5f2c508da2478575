import { asSystem, type Database } from '@granary/db';
import {
  type ActionDependencies,
  DomainError,
  executeAction,
  launchScheduledRun,
  nextRun,
  uuidv7,
} from '@granary/domain';
import { sql } from 'kysely';
import type { Log } from '../log.ts';

export interface TendOptions {
  readonly database: Database;
  /** What actions need. */
  readonly dependencies: ActionDependencies;
  readonly log: Log;
  readonly now?: () => Date;
}

interface Due {
  readonly tenantId: string;
  readonly pipelineId: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly scheduledBy: string;
  readonly dueAt: string;
}

/**
 * What runs need that no job does: those past their time are ended, those that wait though there is room are started, and those of
 * schedules launched. Any number of workers may do it at once.
 */
export async function tendRuns(options: TendOptions): Promise<void> {
  const { database, log } = options;
  for (;;) {
    const { rows } = await asSystem(database, 'run: housekeeping', (db) =>
      sql<{ id: string | null }>`select app.end_overdue_run() as id`.execute(db),
    );
    if (!rows[0]?.id) break;
    log('a run took too long', { runId: rows[0].id });
  }
  await asSystem(database, 'run: housekeeping', (db) => sql`select app.start_queued_runs()`.execute(db));
  const { rows: due } = await asSystem(database, 'run: housekeeping', (db) =>
    sql<Due>`select tenant_id as "tenantId", pipeline_id as "pipelineId", cron, time_zone as "timeZone",
      scheduled_by as "scheduledBy", due_at as "dueAt" from app.due_pipelines()`.execute(db),
  );
  for (const each of due) await launch(options, each);
}

async function launch({ database, dependencies, log, now = () => new Date() }: TendOptions, due: Due): Promise<void> {
  const { tenantId, pipelineId, scheduledBy: userId } = due;
  const goesOn = await asSystem(database, 'run: housekeeping', (db) =>
    sql<{ is: boolean }>`select app.scheduled_run_goes_on(${tenantId}::uuid, ${pipelineId}::uuid) as is`.execute(db),
  );
  let failure: { kind: string; message: string } | null = null;
  if (!goesOn.rows[0]?.is) {
    try {
      const identity = { userId, tenantId, requestId: uuidv7() };
      await executeAction(dependencies, launchScheduledRun, identity, {
        pipelineId,
        launchKey: `schedule ${new Date(due.dueAt).toISOString()}`,
      });
    } catch (cause) {
      const isKnown = cause instanceof DomainError;
      if (isKnown && cause.kind === 'unavailable') throw cause;
      failure = isKnown
        ? { kind: cause.kind, message: cause.message }
        : { kind: 'internal', message: 'the run could not be launched' };
      log('a scheduled run was not launched', { pipelineId, error: cause });
    }
  }
  const next = nextRun(due.cron, due.timeZone, now());
  await asSystem(database, 'run: housekeeping', (db) =>
    sql`select app.pass_schedule(${tenantId}::uuid, ${pipelineId}::uuid, ${due.dueAt}::timestamptz,
      ${next?.toISOString() ?? null}::timestamptz, ${failure ? JSON.stringify(failure) : null}::jsonb)`.execute(db),
  );
}
