import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectPlugins } from './plugin-query.ts';
import { limit, pluginSummary, scope } from './schema.ts';

const similar = pluginSummary.extend({ score: z.number(), sharedLabels: z.array(z.string()) });

export const similarPlugins = defineQuery({
  name: 'plugins.similar',
  summary: 'Plugins that say the same words and share categories, tags and permissions, most alike first',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/{pluginId}/similar' },
  input: z.object({ pluginId: z.uuid(), scope, limit }),
  output: z.array(similar),
  async run({ reader }, { pluginId, scope: of, limit: most }) {
    const found = sql<{ plugin_id: string; score: number; shared_labels: string[] }>`
      app.similar_plugins(${pluginId}::uuid, ${of === 'own'}::boolean, ${most})`;
    const rows = await reader.rows(
      selectPlugins()
        .innerJoin(found.as('found'), 'found.plugin_id', 'p.id')
        .select(['found.score', 'found.shared_labels as sharedLabels'])
        .orderBy('found.score', 'desc')
        .orderBy('p.id'),
    );
    return rows.map((row) => similar.parse(row));
  },
});
