import type { DB } from '@granary/db';
import { type Kysely, sql } from 'kysely';

/** The newest runs of a source that read pages, newest first: as many as its health is judged by. */
export const selectHealth = (db: Pick<Kysely<DB>, 'selectFrom'>, tenantId: string | null, sourceId: string) =>
  db
    .selectFrom('source_runs')
    .select(['id', 'state', 'ended_at as endedAt', 'held_back as heldBack', 'alarms', 'field_health as fieldHealth'])
    .where('tenant_id', tenantId === null ? 'is' : '=', tenantId)
    .where('source_id', '=', sourceId)
    .where(sql<boolean>`trigger not in ('reparse', 'backfill') and field_health <> '{}'`)
    .orderBy('id', 'desc')
    .limit(20);
