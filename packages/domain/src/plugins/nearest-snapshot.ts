import { sql } from 'kysely';

/**
 * A lateral join: of plugin `p` the last snapshot on that day or before it, and no more than `within` days before, that counts
 * users by the metric. Read from the index alone.
 */
export const lastSnapshot = (name: 'a' | 'b', day: string, within: number, metric: unknown) => sql`
  cross join lateral (
    select s.day, s.users, s.users_at_least from plugin_snapshots s
    where s.plugin_id = p.id and s.day <= ${day}::date and s.day >= ${day}::date - ${within}::int
      and s.metric = ${metric} and s.state = 'available'
    order by s.day desc limit 1) ${sql.ref(name)}`;
