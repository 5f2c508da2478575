import { sql } from 'kysely';
import { wantedMetric } from '../one-metric.ts';
import { matches, selectPlugins } from '../plugin-query.ts';
import type { RankingInput } from '../plugin-ranking.ts';

/** The first plugins, with their ranks; those that are equal share one. */
export function selectRanking(wanted: RankingInput) {
  const { by, limit, minRatings } = wanted;
  const ranked = selectPlugins()
    .where(matches(wanted))
    .where('p.state', '=', 'available')
    .$if(by !== 'rating', (q) =>
      q.where('p.metric', '=', wantedMetric(wanted.metric, wanted)).where('p.users', 'is not', null),
    )
    .$if(by === 'rating', (q) => q.where('p.rating', 'is not', null).where('p.rating_count', '>=', minRatings))
    .$if(by === 'revenue', (q) => q.where('e.plugin_id', 'is not', null));
  const order = {
    users: sql`p.users desc`,
    // of equal ratings the one that more people gave
    rating: sql`p.rating desc, p.rating_count desc`,
    revenue: sql`e.point_cents desc`,
  }[by];
  return ranked
    .select(sql<number>`rank() over (order by ${order})`.as('rank'))
    .orderBy(order)
    .orderBy('p.id', 'desc')
    .limit(limit);
}
