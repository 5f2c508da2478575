import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { missingVersion } from './missing-version.ts';
import { readTooLong } from './read-too-long.ts';
import { versionName } from './schema.ts';
import { selectVersion } from './version-query.ts';

const mostReasons = 20;

export const summarizeQuarantine = defineQuery({
  name: 'datasets.quarantineSummary',
  summary: 'Count the rows of the file that did not fit, by reason and column, the most frequent first',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/quarantine/summary' },
  input: z.object({ datasetId: z.uuid(), version: versionName.optional() }),
  output: z.object({
    version: z.int(),
    rows: z.int().meta({ description: 'All in quarantine, also of reasons that are not listed' }),
    reasons: z
      .array(z.object({ reason: z.string(), column: z.string().nullable(), rows: z.int() }))
      .meta({ description: `At most ${mostReasons}` }),
  }),
  async run({ reader, identity: { tenantId } }, { datasetId, version }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const [[found], reasons] = await reader
      .together(
        wanted,
        query
          .selectFrom('quarantined_rows')
          .select([
            'reason',
            'column_name as column',
            sql<number>`count(*)::float8`.as('rows'),
            sql<number>`(sum(count(*)) over ())::float8`.as('all'),
          ])
          .where('tenant_id', '=', tenantId)
          .where('version_id', 'in', wanted.clearSelect().select('v.id'))
          .groupBy(['reason', 'column_name'])
          .orderBy(sql`count(*)`, 'desc')
          .orderBy('reason')
          .orderBy('column_name')
          .limit(mostReasons),
      )
      .catch(readTooLong);
    if (!found) throw await missingVersion(reader, tenantId, datasetId, version);
    return {
      version: found.number,
      rows: reasons[0]?.all ?? 0,
      reasons: reasons.map(({ reason, column, rows }) => ({ reason, column, rows })),
    };
  },
});
