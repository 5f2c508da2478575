import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { requireOneMetric, selectMetrics, wantedMetric } from './one-metric.ts';
import { matches, selectPlugins } from './plugin-query.ts';
import { estimate, label, marketplace, metric, pluginName, quantity, scope, userCount } from './schema.ts';

const point = z
  .object({
    plugin: pluginName,
    users: userCount,
    rating: z.number().nullable(),
    ratingCount: quantity,
    revenue: estimate,
    arpuCents: z.number().meta({ description: 'Estimated revenue per user and year, no more than maxArpuCents' }),
  })
  .meta({ id: 'Bubble' });

export const pluginBubble = defineQuery({
  name: 'plugins.bubble',
  summary: 'Users × rating × estimated revenue, of one metric: what a bubble chart shows',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/bubble' },
  input: z.object({
    marketplace: marketplace.optional(),
    category: label.optional(),
    metric: metric.optional(),
    scope,
    minUsers: z.int().min(0).max(1e12).default(1000),
    minRatings: z.int().min(0).max(1e9).default(2),
    maxArpuCents: z.int().min(1).max(100_000).default(200),
    limit: z.int().min(1).max(100).default(50),
  }),
  output: z.object({ metric: metric.nullable(), points: z.array(point) }),
  async run({ reader }, input) {
    const [metrics, rows] = await reader.together(
      selectMetrics(input),
      selectPlugins()
        .where(matches(input))
        .where('p.state', '=', 'available')
        .where('p.metric', '=', wantedMetric(input.metric, input))
        .where('p.users', '>', input.minUsers)
        .where('p.rating_count', '>=', input.minRatings)
        .where('e.lower_cents', '>', 0)
        .select(sql<number>`least(e.point_cents / nullif(p.users, 0)::float8, ${input.maxArpuCents})`.as('arpuCents'))
        .orderBy('e.upper_cents', 'desc')
        .orderBy('p.id')
        .limit(input.limit),
    );
    const points = rows.map((row) => ({ ...row, plugin: row }));
    return { metric: requireOneMetric(metrics, input.metric), points: z.array(point).parse(points) };
  },
});
