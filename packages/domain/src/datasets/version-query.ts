import { query } from '@granary/db';

/** The version with this number, or the current one, of a dataset that the caller may read. */
export const selectVersion = (tenantId: string, datasetId: string, number?: number) =>
  query
    .selectFrom('datasets as d')
    .innerJoin('dataset_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'd.tenant_id').onRef('v.dataset_id', '=', 'd.id'),
    )
    .select(['v.id', 'v.number', 'v.state', 'v.row_count as rows'])
    .where('d.tenant_id', '=', tenantId)
    .where('d.id', '=', datasetId)
    .$if(number === undefined, (q) => q.whereRef('v.id', '=', 'd.current_version_id'))
    .$if(number !== undefined, (q) => q.where('v.number', '=', number!));
