import type { DB } from '@granary/db';
import { type Kysely, sql } from 'kysely';

export const sourceColumns = [
  'id',
  'connector',
  'name',
  'settings',
  'crawls',
  'cron',
  'time_zone as timeZone',
  'next_run_at as nextRunAt',
  'is_paused as isPaused',
  'rate',
  'keep_captures_days as keepCapturesDays',
  'created_by as createdBy',
  'revision',
  'created_at as createdAt',
  'updated_at as updatedAt',
] as const;

const counts = ['discovered', 'fetched', 'unchanged', 'changed', 'failed', 'skipped', 'bytes', 'plugins'] as const;

export const runColumns = [
  'id',
  'source_id as sourceId',
  'trigger',
  'state',
  ...counts,
  'plugins_changed as pluginsChanged',
  'held_back as heldBack',
  'alarms',
  'field_health as fieldHealth',
  sql<unknown>`coalesce(options -> 'changedFields', '{}')`.as('changedFields'),
  sql<boolean>`coalesce((options ->> 'dryRun')::boolean, false)`.as('dryRun'),
  'error',
  'requested_by as requestedBy',
  'created_at as createdAt',
  'started_at as startedAt',
  'ended_at as endedAt',
] as const;

type Db = Pick<Kysely<DB>, 'selectFrom'>;

/** Sources of an organization; with null those of the installation. Who sees which rows is the policy's to say. */
export const selectSources = (db: Db, tenantId: string | null) =>
  db
    .selectFrom('sources')
    .select(sourceColumns)
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId);

/** Runs of one of them. */
export const selectRuns = (db: Db, tenantId: string | null, sourceId: string) =>
  db
    .selectFrom('source_runs')
    .select(runColumns)
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId)
    .where('source_id', '=', sourceId);

/** What a run noted of pages that are read otherwise. */
export const selectChanges = (
  db: Db,
  tenantId: string | null,
  { sourceId, runId }: { readonly sourceId: string; readonly runId: string },
) =>
  db
    .selectFrom('source_runs')
    .select(sql<unknown>`coalesce(options -> 'changes', '[]')`.as('changes'))
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId)
    .where('source_id', '=', sourceId)
    .where('id', '=', runId);
