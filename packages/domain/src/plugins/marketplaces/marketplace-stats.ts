import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { matches } from '../plugin-query.ts';
import { boundOf, medianOf, ratingsOf, ratingsPerThousandUsersOf, weightedRatingOf } from '../roll-up.ts';
import { marketplace, metric, scope } from '../schema.ts';

const number = z.number().nullable();
const stats = z
  .object({
    marketplace: z.string(),
    plugins: z.object({ available: z.int(), unavailable: z.int(), closed: z.int() }),
    companies: z.int(),
    ratings: z.int(),
    weightedRating: number.meta({ description: 'sum(rating × count) ÷ sum(count)' }),
    medianRating: number,
    ratingsPerThousandUsers: number,
    users: z.array(
      z.object({
        metric,
        plugins: z.int(),
        total: z.int(),
        bound: z.enum(['exact', 'at_least']),
        average: z.number(),
        median: z.number(),
      }),
    ),
    lowestPaidTiers: z
      .array(z.object({ currency: z.string(), plugins: z.int(), medianPerMonth: z.string() }))
      .meta({ description: 'By currency; a yearly price counts as a twelfth, one that is paid once not at all' }),
  })
  .meta({ id: 'MarketplaceStats', description: 'Of available plugins, but for `plugins`' });

export const marketplaceStats = defineQuery({
  name: 'marketplaces.stats',
  summary: 'Totals, weighted averages and medians of each marketplace, or of one',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/marketplaces/stats' },
  input: z.object({ marketplace: marketplace.optional(), scope }),
  output: z.array(stats),
  async run({ reader }, input) {
    const all = query.selectFrom('plugins as p').where(matches(input)).select('p.marketplace').groupBy('p.marketplace');
    const available = all.where('p.state', '=', 'available');
    const perMonth = sql`case p.price_per when 'year' then p.price_amount / 12 else p.price_amount end`;
    const [counts, totals, users, tiers] = await reader.together(
      all
        .select([
          sql`jsonb_build_object('available', count(*) filter (where p.state = 'available'),
            'unavailable', count(*) filter (where p.state = 'unavailable'),
            'closed', count(*) filter (where p.state = 'closed'))`.as('plugins'),
        ])
        .orderBy('p.marketplace'),
      available
        .leftJoin('companies as c', 'c.id', 'p.company_id')
        .select([
          sql<number>`count(distinct c.root_id)`.as('companies'),
          ratingsOf.as('ratings'),
          weightedRatingOf.as('weightedRating'),
          sql<number>`percentile_cont(0.5) within group (order by p.rating)`.as('medianRating'),
          ratingsPerThousandUsersOf.as('ratingsPerThousandUsers'),
        ]),
      available
        .where('p.metric', 'is not', null)
        .groupBy('p.metric')
        .select((eb) => [
          'p.metric',
          eb.fn.countAll<number>().as('plugins'),
          sql<number>`sum(p.users)::bigint`.as('total'),
          boundOf.as('bound'),
          sql<number>`avg(p.users)::float8`.as('average'),
          sql<number>`(${medianOf(sql.ref('p.users'))})::float8`.as('median'),
        ])
        .orderBy('p.metric'),
      available
        .where('p.price_per', 'in', ['month', 'year'])
        .groupBy('p.price_currency')
        .select((eb) => [
          'p.price_currency as currency',
          eb.fn.countAll<number>().as('plugins'),
          sql<string>`round(${medianOf(perMonth)}, 4)::text`.as('medianPerMonth'),
        ])
        .orderBy('p.price_currency'),
    );
    if (input.marketplace !== undefined && counts.length === 0)
      throw new DomainError('not_found', 'nothing is known of such a marketplace', { marketplace: input.marketplace });
    const empty = { companies: 0, ratings: 0, weightedRating: null, medianRating: null, ratingsPerThousandUsers: null };
    return counts.map((count) => {
      const here = <Row extends { readonly marketplace: string }>(row: Row) => row.marketplace === count.marketplace;
      return stats.parse({
        ...empty,
        ...totals.find(here),
        ...count,
        users: users.filter(here),
        lowestPaidTiers: tiers.filter(here),
      });
    });
  },
});
