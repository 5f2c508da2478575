import { query } from '@granary/db';

/** The change sets of a version as callers see them. */
export const selectChangeSets = (tenantId: string) =>
  query
    .selectFrom('dataset_change_sets as s')
    .select([
      's.number',
      's.kind',
      's.inserted',
      's.updated',
      's.deleted',
      's.first_rowid as firstRowId',
      's.last_rowid as lastRowId',
      's.reverts',
      's.created_by as createdBy',
      's.created_at as createdAt',
    ])
    .where('s.tenant_id', '=', tenantId);
