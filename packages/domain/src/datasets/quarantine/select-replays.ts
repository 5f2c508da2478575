import { query } from '@granary/db';
import { sql } from 'kysely';

/** Replays as callers see them. */
export const selectReplays = (tenantId: string, datasetId: string) =>
  query
    .selectFrom('quarantine_replays as p')
    .innerJoin('dataset_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'p.tenant_id').onRef('v.id', '=', 'p.version_id'),
    )
    .select([
      'p.id',
      'p.dataset_id as datasetId',
      'v.number as version',
      'p.state',
      'p.replayed',
      'p.refused',
      sql<{ version: number; changeSet: number } | null>`case when p.change_set is not null
        then jsonb_build_object('version', p.into_version, 'changeSet', p.change_set) end`.as('into'),
      'p.error',
      'p.created_by as createdBy',
      'p.created_at as createdAt',
      'p.finished_at as finishedAt',
    ])
    .where('p.tenant_id', '=', tenantId)
    .where('p.dataset_id', '=', datasetId);
