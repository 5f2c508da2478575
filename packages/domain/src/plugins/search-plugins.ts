import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { decodePage, encodePage } from './page-cursor.ts';
import { selectPlugins } from './plugin-query.ts';
import { label, limit, marketplace, pluginSummary } from './schema.ts';

const found = pluginSummary.extend({ score: z.number() });

export const searchPlugins = defineQuery({
  name: 'plugins.search',
  summary: 'Find plugins by words of their name, summary, developer, tags and description; best first',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/search' },
  input: z.object({
    q: z.string().trim().min(1).max(500).meta({ description: 'Words; "a phrase"; -not; or' }),
    marketplace: marketplace.optional(),
    category: label.optional(),
    permission: label.optional(),
    scope: z.enum(['all', 'public', 'own']).default('all'),
    limit,
    cursor: z.string().max(500).optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({
    items: z.array(found),
    nextCursor: z.string().nullable(),
  }),
  async run({ reader }, input) {
    const before = decodePage('score', input.cursor);
    const own = input.scope === 'all' ? null : input.scope === 'own';
    const matching = sql<{
      plugin_id: string;
      score: number;
    }>`app.search_plugins(${input.q}, ${input.marketplace ?? null},
      ${input.category ?? null}, ${input.permission ?? null}, ${own}::boolean, ${before?.value ?? null}::real,
      ${before?.id ?? null}::uuid, ${input.limit + 1})`;
    const rows = await reader.rows(
      selectPlugins()
        .innerJoin(matching.as('found'), 'found.plugin_id', 'p.id')
        .select('found.score')
        .orderBy('found.score', 'desc')
        .orderBy('p.id', 'desc'),
    );
    const items = rows.slice(0, input.limit).map((row) => found.parse(row));
    const last = items.at(-1);
    return { items, nextCursor: rows.length > input.limit && last ? encodePage('score', last.score, last.id) : null };
  },
});
