import { sql } from 'kysely';

/** What many plugins come to together: columns over plugins `p` and their estimates `e`. Nothing divides by zero. */
export const weightedRatingOf = sql<number | null>`sum(p.rating * p.rating_count) filter (where p.rating is not null)
  / nullif(sum(p.rating_count) filter (where p.rating is not null), 0)::float8`;

export const ratingsOf = sql<number>`coalesce(sum(p.rating_count), 0)::bigint`;

/** Of plugins whose users and ratings are both known: others would count on one side alone. */
export const ratingsPerThousandUsersOf = sql<number | null>`
  1000 * sum(p.rating_count) filter (where p.users is not null)
  / nullif(sum(p.users) filter (where p.rating_count is not null), 0)::float8`;

export const revenueOf = sql<object>`jsonb_build_object('lowerCents', coalesce(sum(e.lower_cents), 0)::bigint,
  'upperCents', coalesce(sum(e.upper_cents), 0)::bigint, 'pointCents', coalesce(sum(e.point_cents), 0)::bigint,
  'plugins', count(e.plugin_id))`;

export const boundOf = sql<'exact' | 'at_least'>`case when bool_or(p.users_at_least) then 'at_least' else 'exact' end`;

/** Exact, of any ordered type that can be halved; null of nothing. */
export const medianOf = (value: unknown) => sql`(percentile_disc(0.5) within group (order by ${value})
  + percentile_disc(0.5) within group (order by ${value} desc)) / 2.0`;
