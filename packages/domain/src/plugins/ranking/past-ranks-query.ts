import { query } from '@granary/db';
import { type RawBuilder, sql } from 'kysely';
import { matches } from '../plugin-query.ts';
import type { RankingInput } from '../plugin-ranking.ts';

const within = 92; // days: what was observed longer before the end of a month says nothing of it

/**
 * The ranks by users of these plugins at the ends of the last months, among all that match today. Computed from snapshots, by
 * an index look-up per plugin and month, so what is added to the past changes it.
 */
export const selectPastRanks = (wanted: RankingInput, metric: RawBuilder<unknown>, ids: readonly string[]) =>
  query
    .selectFrom(
      sql<{ id: string; day: string; rank: number | null; of: number }>`(
        with month (day) as (
          select (date_trunc('month', now() at time zone 'UTC') - make_interval(months => n) - interval '1 day')::date
          from generate_series(0, ${wanted.history}::int - 1) n
        ), member as materialized (
          select p.id from plugins p where p.metric = ${metric} and ${matches(wanted)}
        ), standing as (
          select member.id, month.day, rank() over (partition by month.day order by known.users desc) as rank,
            count(*) over (partition by month.day) as of
          from month cross join member cross join lateral (
            select s.users from plugin_snapshots s
            where s.plugin_id = member.id and s.day <= month.day and s.day >= month.day - ${within}::int
              and s.metric = ${metric} and s.state = 'available'
            order by s.day desc limit 1) known
        )
        select asked.id, month.day, standing.rank, coalesce(total.of, 0) as of
        from unnest(${ids}::uuid[]) asked (id) cross join month
        left join standing on standing.id = asked.id and standing.day = month.day
        left join (select distinct day, of from standing) total on total.day = month.day)`.as('ranks'),
    )
    .selectAll()
    .orderBy('day');
