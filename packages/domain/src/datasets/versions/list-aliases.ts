import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { selectDataset } from '../dataset-query.ts';
import { noSuchDataset } from '../no-such-dataset.ts';

const alias = z
  .object({ name: z.string(), version: z.int(), movedBy: z.uuid(), movedAt: z.string() })
  .meta({ id: 'Alias' });
const move = z
  .object({
    name: z.string(),
    version: z.int().nullable().meta({ description: 'null: the name was removed' }),
    movedBy: z.uuid(),
    movedAt: z.string(),
  })
  .meta({ id: 'AliasMove' });

export const listAliases = defineQuery({
  name: 'datasets.aliases',
  summary: 'List the names of versions, and where they pointed before, newest first',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/aliases' },
  input: z.object({ datasetId: z.uuid(), limit: z.int().min(1).max(1000).default(50) }),
  output: z.object({
    aliases: z.array(alias),
    history: z.array(move).meta({ description: 'The last `limit` moves' }),
  }),
  async run({ reader, identity: { tenantId } }, { datasetId, limit }) {
    const [[found], aliases, history] = await reader.together(
      selectDataset(tenantId, datasetId),
      query
        .selectFrom('dataset_aliases as a')
        .innerJoin('dataset_versions as v', (join) =>
          join.onRef('v.tenant_id', '=', 'a.tenant_id').onRef('v.id', '=', 'a.version_id'),
        )
        .select(['a.name', 'v.number as version', 'a.moved_by as movedBy', 'a.moved_at as movedAt'])
        .where('a.tenant_id', '=', tenantId)
        .where('a.dataset_id', '=', datasetId)
        .orderBy('a.name')
        .limit(1000),
      query
        .selectFrom('dataset_alias_moves')
        .select(['name', 'version_number as version', 'moved_by as movedBy', 'moved_at as movedAt'])
        .where('tenant_id', '=', tenantId)
        .where('dataset_id', '=', datasetId)
        .orderBy('id', 'desc')
        .limit(limit),
    );
    if (!found) throw noSuchDataset();
    return { aliases, history };
  },
});
