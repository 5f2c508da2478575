import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { matches, type PluginFilter } from './plugin-query.ts';
import { type Metric, metric } from './schema.ts';

/** Which metrics the available plugins of a filter have. */
export const selectMetrics = (filter: PluginFilter) =>
  query
    .selectFrom(sql<{ metric: string }>`unnest(enum_range(null::app.user_metric))`.as(sql`m (metric)`))
    .select('m.metric')
    .where(
      sql<boolean>`exists (select from plugins p where p.metric = m.metric and p.state = 'available' and ${matches(filter)})`,
    );

/** The metric that the caller named, or the only one. As SQL, so that it can be part of the query that it is for. */
export const wantedMetric = (given: Metric | undefined, filter: PluginFilter) =>
  given === undefined
    ? sql<Metric>`(select min(sole.metric) from ${selectMetrics(filter)} sole)`
    : sql<Metric>`${given}::app.user_metric`;

/** Throws DomainError invalid where there are several and none is named: their numbers do not compare. */
export function requireOneMetric(
  found: readonly { readonly metric: unknown }[],
  given: Metric | undefined,
): Metric | null {
  const metrics = z.array(metric).parse(found.map((row) => row.metric));
  if (given !== undefined) return given;
  if (metrics.length > 1)
    throw new DomainError('invalid', 'these plugins count their users in different ways: say which metric', {
      metrics,
    });
  return metrics[0] ?? null;
}
