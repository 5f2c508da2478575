import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { requireOneMetric, selectMetrics, wantedMetric } from '../one-metric.ts';
import { decodePage, encodePage } from '../page-cursor.ts';
import { currentModel, matches } from '../plugin-query.ts';
import { ratingsOf, revenueOf, weightedRatingOf } from '../roll-up.ts';
import { label, limit, marketplace, metric, scope } from '../schema.ts';
import { companyName, revenueTotal, sizeClass, sizeClassOf, weightedRating } from './schema.ts';

const company = companyName
  .extend({
    plugins: z.int().meta({ description: 'Available ones, whatever their metric' }),
    sizeClass: sizeClass.nullable(),
    users: z.int(),
    usersBound: z.enum(['exact', 'at_least']),
    ratings: z.int(),
    weightedRating,
    revenue: revenueTotal,
  })
  .meta({ id: 'TopCompany' });

export const topCompanies = defineQuery({
  name: 'companies.top',
  summary: 'Companies by the users of their plugins, of one metric',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/companies/top' },
  input: z.object({
    marketplace: marketplace.optional(),
    category: label.optional(),
    metric: metric.optional(),
    scope,
    minPlugins: z.int().min(1).max(1e6).default(1),
    maxPlugins: z.int().min(1).max(1e6).optional(),
    limit,
    cursor: z.string().max(500).optional().meta({ description: 'nextCursor of the page before' }),
  }),
  output: z.object({ metric: metric.nullable(), items: z.array(company), nextCursor: z.string().nullable() }),
  async run({ reader }, input) {
    const after = decodePage('companies', input.cursor);
    const ofMetric = sql<boolean>`p.metric = ${wantedMetric(input.metric, input)}`;
    const totals = query
      .selectFrom('plugins as p')
      .innerJoin('companies as c', 'c.id', 'p.company_id')
      .innerJoin('companies as root', 'root.id', 'c.root_id')
      .leftJoin('revenue_estimates as e', (join) =>
        join.onRef('e.plugin_id', '=', 'p.id').on('e.model_version', '=', currentModel),
      )
      .where(matches(input))
      .where('p.state', '=', 'available')
      .groupBy(['root.id', 'root.slug', 'root.name'])
      .select(['root.id', 'root.slug', 'root.name'])
      .select((eb) => [
        eb.fn.countAll<number>().as('plugins'),
        sql<number>`coalesce(sum(p.users) filter (where ${ofMetric}), 0)::bigint`.as('users'),
        sql<string>`case when bool_or(p.users_at_least) filter (where ${ofMetric}) then 'at_least' else 'exact' end`.as(
          'usersBound',
        ),
        ratingsOf.as('ratings'),
        weightedRatingOf.as('weightedRating'),
        revenueOf.as('revenue'),
      ])
      .having(sql<boolean>`count(*) between ${input.minPlugins} and ${input.maxPlugins ?? 1e9}`)
      .having(sql<boolean>`bool_or(${ofMetric})`);
    const page = query
      .selectFrom(totals.as('t'))
      .selectAll()
      .$if(after !== null, (q) =>
        q.where(sql<boolean>`(t.users, t.id) < (${after?.value}::bigint, ${after?.id}::uuid)`),
      )
      .orderBy('t.users', 'desc')
      .orderBy('t.id', 'desc')
      .limit(input.limit + 1);
    const [metrics, rows] = await reader.together(selectMetrics(input), page);
    const items = rows.slice(0, input.limit);
    const last = items.at(-1);
    return {
      metric: requireOneMetric(metrics, input.metric),
      items: items.map((row) => company.parse({ ...row, sizeClass: sizeClassOf(row.plugins) })),
      nextCursor: rows.length > input.limit && last ? encodePage('companies', last.users, last.id) : null,
    };
  },
});
