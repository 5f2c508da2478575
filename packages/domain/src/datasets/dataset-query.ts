import { query } from '@granary/db';

/** The columns of a dataset as callers see it. */
export const selectDatasets = () =>
  query
    .selectFrom('datasets as d')
    .leftJoin('dataset_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'd.tenant_id').onRef('v.id', '=', 'd.current_version_id'),
    )
    .select([
      'd.id',
      'd.name',
      'd.description',
      'd.origin',
      'd.owner_id as ownerId',
      'd.identifiers',
      'v.number as version',
      'v.row_count as rows',
      'd.created_at as createdAt',
      'd.updated_at as updatedAt',
    ]);

/** One dataset of the active organization, if the caller may read it. */
export const selectDataset = (tenantId: string, datasetId: string) =>
  selectDatasets().where('d.tenant_id', '=', tenantId).where('d.id', '=', datasetId);
