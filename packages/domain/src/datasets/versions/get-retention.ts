import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { noSuchDataset } from '../no-such-dataset.ts';
import { retention } from './schema.ts';

export const getRetention = defineQuery({
  name: 'datasets.retention',
  summary: 'How long a dataset keeps its versions, and which ones would go now',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/retention' },
  input: z.object({ datasetId: z.uuid() }),
  output: z.object({
    ...retention,
    due: z.array(z.int()).meta({ description: 'Numbers of versions that a worker removes when it comes round' }),
  }),
  async run({ reader, identity: { tenantId } }, { datasetId }) {
    const [found] = await reader.rows(
      query
        .selectFrom('datasets')
        .select(['keep_versions as keepVersions', 'keep_days as keepDays'])
        .select(sql<number[]>`app.versions_due(id)`.as('due'))
        .where('tenant_id', '=', tenantId)
        .where('id', '=', datasetId),
    );
    if (!found) throw noSuchDataset();
    return found;
  },
});
