import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { lastSnapshot } from './nearest-snapshot.ts';
import { requireOneMetric, selectMetrics, wantedMetric } from './one-metric.ts';
import { matches } from './plugin-query.ts';
import { day, label, limit, marketplace, metric, pluginName, quantity, scope } from './schema.ts';

const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);
const end = quantity.extend({ day: z.string() });
const mover = z
  .object({
    plugin: pluginName,
    from: end,
    to: end,
    gained: z.int().meta({ description: 'Negative: lost' }),
    growth: z.number().nullable().meta({ description: '0.5 is half as many again; null from zero users' }),
    isExact: z
      .boolean()
      .meta({ description: 'False where either end is a bound: then the growth is that of the bounds' }),
  })
  .meta({ id: 'Mover' });

const moversInput = z.object({
  from: day.optional().meta({ description: '30 days before `to`, if you do not say' }),
  to: day.optional().meta({ description: 'Today, if you do not say' }),
  marketplace: marketplace.optional(),
  category: label.optional(),
  metric: metric.optional(),
  scope,
  by: z.enum(['absolute', 'relative']).default('absolute'),
  direction: z.enum(['up', 'down']).default('up'),
  minUsers: z
    .int()
    .min(0)
    .max(1e12)
    .default(100)
    .meta({ description: 'At the beginning; against growth from nothing' }),
  within: z.int().min(0).max(366).default(31).meta({
    description: 'How many days before each end an observation may be to stand for it',
  }),
  limit,
});

export function selectMovers(input: z.output<typeof moversInput>, from: string, to: string) {
  const wanted = wantedMetric(input.metric, input);
  const change = { absolute: sql`f.gained`, relative: sql`f.growth` }[input.by];
  const order = input.direction === 'up' ? sql`${change} desc nulls last` : sql`${change} asc nulls last`;
  return query
    .selectFrom(
      sql`(
        select jsonb_build_object('id', p.id, 'marketplace', p.marketplace, 'externalId', p.external_id, 'name', p.name,
            'isOwn', p.tenant_id is not null) as plugin, p.id,
          jsonb_build_object('day', a.day, 'value', a.users, 'bound', case when a.users_at_least then 'at_least' else 'exact' end) as start,
          jsonb_build_object('day', b.day, 'value', b.users, 'bound', case when b.users_at_least then 'at_least' else 'exact' end) as finish,
          b.users - a.users as gained, (b.users - a.users)::float8 / nullif(a.users, 0) as growth,
          not (a.users_at_least or b.users_at_least) as "isExact"
        from plugins p ${lastSnapshot('a', from, input.within, wanted)} ${lastSnapshot('b', to, input.within, wanted)}
        where p.metric = ${wanted} and ${matches(input)} and a.users >= ${input.minUsers} and a.day < b.day)`.as('f'),
    )
    .select([
      sql`f.plugin`.as('plugin'),
      sql`f.start`.as('from'),
      sql`f.finish`.as('to'),
      sql`f.gained`.as('gained'),
      sql`f.growth`.as('growth'),
      sql`f."isExact"`.as('isExact'),
    ])
    .where(input.direction === 'up' ? sql<boolean>`f.gained > 0` : sql<boolean>`f.gained < 0`)
    .orderBy(order)
    .orderBy(sql`f.id`)
    .limit(input.limit);
}

export const pluginMovers = defineQuery({
  name: 'plugins.movers',
  summary: 'Which plugins gained or lost the most users between two days, of one metric',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/movers' },
  input: moversInput,
  output: z.object({ metric: metric.nullable(), from: day, to: day, items: z.array(mover) }),
  async run({ reader }, input) {
    const to = input.to ?? dayOf(new Date());
    const from = input.from ?? dayOf(new Date(Date.parse(to) - 30 * 86_400_000));
    if (from >= to) throw new DomainError('invalid', 'from is before to', { from, to });
    const [metrics, rows] = await reader.together(selectMetrics(input), selectMovers(input, from, to));
    return { metric: requireOneMetric(metrics, input.metric), from, to, items: z.array(mover).parse(rows) };
  },
});
