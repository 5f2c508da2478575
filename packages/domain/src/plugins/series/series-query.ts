import { query } from '@granary/db';
import { sql } from 'kysely';
import { quantityOf, usersOf } from '../quantities.ts';

export interface SeriesRequest {
  readonly pluginIds: readonly string[];
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly thin: 'auto' | 'none' | 'month';
}

export const selectNames = (pluginIds: readonly string[]) =>
  query
    .selectFrom('plugins as p')
    .select(['p.id', 'p.marketplace', 'p.external_id as externalId', 'p.name'])
    .select(sql<boolean>`p.tenant_id is not null`.as('isOwn'))
    .where(sql<boolean>`p.id = any (${pluginIds}::uuid[])`);

/**
 * The observations, read from an index alone. Thinned: of each month the last one that has a number, or the last. Over how
 * long all of them together go decides, so that several series have points of one kind.
 */
export function selectSeries({ pluginIds, from, to, thin }: SeriesRequest) {
  const within = sql<boolean>`s.plugin_id = any (${pluginIds}::uuid[])
    ${from === undefined ? sql`` : sql`and s.day >= ${from}::date`} ${to === undefined ? sql`` : sql`and s.day <= ${to}::date`}`;
  const isThin =
    thin === 'auto'
      ? sql<boolean>`(select max(s.day) > min(s.day) + interval '3 months' from plugin_snapshots s where ${within})`
      : sql<boolean>`${thin === 'month'}::boolean`;
  return query
    .selectFrom(
      sql`(
        select distinct on (s.plugin_id, bucket.first) s.plugin_id, s.day, s.state, s.users, s.users_at_least, s.metric,
          s.rating, s.rating_count, s.rating_count_at_least, thinned.yes as is_thin
        from plugin_snapshots s
        cross join (select coalesce(${isThin}, false) as yes) thinned
        cross join lateral (select case when thinned.yes then date_trunc('month', s.day)::date else s.day end as first) bucket
        where ${within}
        order by s.plugin_id, bucket.first, (s.users is null and s.rating is null), s.day desc)`.as('s'),
    )
    .select([
      sql<string>`s.plugin_id`.as('pluginId'),
      sql<string>`s.day`.as('day'),
      sql<string>`s.state`.as('state'),
      usersOf('s').as('users'),
      sql<number | null>`s.rating`.as('rating'),
      quantityOf('rating_count', 's').as('ratingCount'),
      sql<boolean>`s.is_thin`.as('isThin'),
    ])
    .orderBy('pluginId')
    .orderBy('day');
}
