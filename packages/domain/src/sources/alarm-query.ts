import type { DB } from '@granary/db';
import type { Kysely } from 'kysely';

export const alarmColumns = [
  'id',
  'run_id as runId',
  'field',
  'kind',
  'before',
  'now',
  'raised_at as raisedAt',
  'ended_at as endedAt',
  'acknowledged_at as acknowledgedAt',
  'acknowledged_by as acknowledgedBy',
] as const;

/** Alarms of a source that are on, in the order in which they were raised: two for each field at most. */
export const selectAlarms = (db: Pick<Kysely<DB>, 'selectFrom'>, tenantId: string | null, sourceId: string) =>
  db
    .selectFrom('source_alarms')
    .select(alarmColumns)
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId)
    .where('source_id', '=', sourceId)
    .where('ended_at', 'is', null)
    .orderBy('id');
