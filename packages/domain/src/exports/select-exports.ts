import { query } from '@granary/db';
import { sql } from 'kysely';

/** Exports as callers see them: their own, of datasets that they may read. */
export const selectExports = (tenantId: string, datasetId: string) =>
  query
    .selectFrom('dataset_exports as e')
    .innerJoin('dataset_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'e.tenant_id').onRef('v.id', '=', 'e.version_id'),
    )
    .innerJoin('datasets as d', (join) =>
      join.onRef('d.tenant_id', '=', 'e.tenant_id').onRef('d.id', '=', 'e.dataset_id'),
    )
    .select([
      'e.id',
      'e.dataset_id as datasetId',
      'v.number as version',
      'e.format',
      sql<string>`case when e.state = 'ready' and (e.removed_at is not null or e.expires_at <= now()) then 'expired' else e.state::text end`.as(
        'state',
      ),
      'e.rows',
      'e.bytes',
      'e.sha256',
      'e.error',
      'e.created_at as createdAt',
      'e.finished_at as finishedAt',
      'e.expires_at as expiresAt',
    ])
    .where('e.tenant_id', '=', tenantId)
    .where('e.dataset_id', '=', datasetId);
