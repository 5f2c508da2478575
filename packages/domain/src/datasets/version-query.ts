import { query } from '@granary/db';

/** A version by its number, or by an alias of it. */
export type VersionName = number | string;

/** The version of this name, or the current one, of a dataset that the caller may read. */
export const selectVersion = (tenantId: string, datasetId: string, name?: VersionName) =>
  query
    .selectFrom('datasets as d')
    .innerJoin('dataset_versions as v', (join) =>
      join.onRef('v.tenant_id', '=', 'd.tenant_id').onRef('v.dataset_id', '=', 'd.id'),
    )
    .select(['v.id', 'v.number', 'v.state', 'v.row_count as rows'])
    .where('d.tenant_id', '=', tenantId)
    .where('d.id', '=', datasetId)
    .$if(name === undefined, (q) => q.whereRef('v.id', '=', 'd.current_version_id'))
    .$if(typeof name === 'number', (q) => q.where('v.number', '=', Number(name)))
    .$if(typeof name === 'string', (q) =>
      q.where('v.id', 'in', (alias) =>
        alias
          .selectFrom('dataset_aliases as a')
          .select('a.version_id')
          .where('a.tenant_id', '=', tenantId)
          .where('a.dataset_id', '=', datasetId)
          .where('a.name', '=', String(name)),
      ),
    );
