import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { missingVersion } from '../datasets/missing-version.ts';
import { columnType } from '../datasets/schema.ts';
import { selectVersion } from '../datasets/version-query.ts';
import { columnStatistics } from './schema.ts';

export const getStatistics = defineQuery({
  name: 'datasets.statistics',
  summary: 'What the columns of a version hold: counts, range, quantiles, most frequent values, histogram',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/statistics' },
  input: z.object({
    datasetId: z.uuid(),
    version: z.int().positive().optional().meta({ description: 'A version by number; the current one otherwise' }),
    columns: z.array(z.string().max(63)).min(1).max(1000).optional(),
    limit: z.int().min(1).max(500).default(100),
    cursor: z.coerce.number().int().min(0).default(0).meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({
    version: z.int(),
    changeSet: z.int().meta({ description: "The version's last change set" }),
    asOf: z.int().nullable().meta({ description: 'The last change set that they have seen; null: not computed yet' }),
    stale: z.boolean().meta({ description: 'Whether they will be computed (again) soon' }),
    computedAt: z.string().nullable(),
    columns: z.array(
      z.object({
        position: z.int(),
        name: z.string(),
        originalName: z.string(),
        type: columnType,
        statistics: columnStatistics.nullable(),
      }),
    ),
    nextCursor: z.int().nullable(),
  }),
  async run({ reader, identity: { tenantId } }, { datasetId, version, columns, limit, cursor }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const ofVersion = wanted.clearSelect().select('v.id');
    const [[found], [computed], rows] = await reader.together(
      wanted.select('v.change_count as changeSet'),
      query
        .selectFrom('dataset_statistics')
        .select(['as_of as asOf', 'computed_at as computedAt'])
        .where('tenant_id', '=', tenantId)
        .where('version_id', 'in', ofVersion)
        .orderBy('position')
        .limit(1),
      query
        .selectFrom('dataset_columns as c')
        .leftJoin('dataset_statistics as s', (join) =>
          join
            .onRef('s.tenant_id', '=', 'c.tenant_id')
            .onRef('s.version_id', '=', 'c.version_id')
            .onRef('s.position', '=', 'c.position'),
        )
        .select(['c.position', 'c.name', 'c.original_name as originalName', 'c.type', 's.statistics'])
        .where('c.tenant_id', '=', tenantId)
        .where('c.version_id', 'in', ofVersion)
        .where('c.position', '>=', cursor)
        .$if(columns !== undefined, (q) => q.where('c.name', 'in', columns!))
        .orderBy('c.position')
        .limit(limit + 1),
    );
    if (found?.state !== 'ready') throw await missingVersion(reader, tenantId, datasetId, version);
    return {
      version: found.number,
      changeSet: found.changeSet,
      asOf: computed?.asOf ?? null,
      stale: computed?.asOf !== found.changeSet,
      computedAt: computed?.computedAt ?? null,
      columns: rows.slice(0, limit).map((each) => ({
        ...each,
        type: columnType.parse(each.type),
        statistics: each.statistics === null ? null : columnStatistics.parse(each.statistics),
      })),
      nextCursor: rows[limit]?.position ?? null,
    };
  },
});
