import type { Reader } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { requireOneMetric, selectMetrics, wantedMetric } from './one-metric.ts';
import { selectPastRanks } from './ranking/past-ranks-query.ts';
import { selectRanking } from './ranking/ranking-query.ts';
import { label, limit, marketplace, metric, pluginSummary, scope } from './schema.ts';

const pastRank = z.object({
  day: z.string().meta({ description: 'The last day of a month' }),
  rank: z.int().nullable().meta({ description: 'null: nothing was known of it then' }),
  of: z.int().meta({ description: 'How many were ranked' }),
});
const ranked = z
  .object({ rank: z.int(), plugin: pluginSummary, history: z.array(pastRank) })
  .meta({ id: 'RankedPlugin' });

const input = z.object({
  marketplace: marketplace.optional(),
  category: label.optional(),
  by: z.enum(['users', 'rating', 'revenue']).default('users'),
  metric: metric.optional(),
  scope,
  minRatings: z
    .int()
    .min(1)
    .max(1e9)
    .default(5)
    .meta({ description: 'By rating: of those with as many ratings at least' }),
  history: z.int().min(0).max(36).default(0).meta({
    description: 'By users: the ranks at the end of so many months, among the plugins that are in the category today',
  }),
  limit,
});
export type RankingInput = z.output<typeof input>;

export const pluginRanking = defineQuery({
  name: 'plugins.ranking',
  summary:
    'The first of a marketplace or a category by users of one metric, rating or estimated revenue, and their ranks before',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/ranking' },
  input,
  output: z.object({ metric: metric.nullable(), items: z.array(ranked) }),
  async run({ reader }, wanted) {
    if (wanted.history > 0 && wanted.by !== 'users')
      throw new DomainError('invalid', 'there is a history of ranks by users alone', { by: wanted.by });
    const isByRating = wanted.by === 'rating';
    const [metrics, rows] = await reader.together(selectMetrics(wanted), selectRanking(wanted));
    const of = isByRating ? null : requireOneMetric(metrics, wanted.metric);
    const past = await pastRanks(
      reader,
      wanted,
      rows.map(({ id }) => id),
    );
    const items = rows.map(({ rank, ...plugin }) => ({ rank, plugin, history: past(plugin.id) }));
    return { metric: of, items: z.array(ranked).parse(items) };
  },
});

async function pastRanks(reader: Reader, wanted: RankingInput, ids: readonly string[]) {
  if (wanted.history === 0 || ids.length === 0) return () => [];
  const rows = await reader.rows(selectPastRanks(wanted, wantedMetric(wanted.metric, wanted), ids));
  return (id: string) => rows.filter((row) => row.id === id).map(({ day, rank, of }) => ({ day, rank, of }));
}
