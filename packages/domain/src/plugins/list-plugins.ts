import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { requireOneMetric, selectMetrics, wantedMetric } from './one-metric.ts';
import { decodePage, encodePage } from './page-cursor.ts';
import { matches, selectPlugins } from './plugin-query.ts';
import { label, limit, marketplace, metric, pluginSummary, state } from './schema.ts';

const sort = z.enum(['newest', 'users', 'rating']);

/** What a page is sorted by. A number below every real one stands for none, so that a cursor always has a number. */
const sortValues = {
  newest: sql<number>`0::float8`, // by the id alone
  users: sql<number>`p.users`,
  rating: sql<number>`coalesce(p.rating, -1)`,
} as const;

const listInput = z.object({
  marketplace: marketplace.optional(),
  externalId: z.string().min(1).max(500).optional().meta({ description: 'Only the one that its marketplace calls so' }),
  category: label.optional(),
  permission: label.optional().meta({ description: 'Only those that ask for this permission' }),
  state: state.optional(),
  scope: z.enum(['all', 'public', 'own']).default('all'),
  sort: sort.default('newest'),
  metric: metric.optional().meta({ description: 'By users: of which metric, where there are several' }),
  limit,
  cursor: z.string().max(500).optional().meta({ description: 'nextCursor of the page before' }),
});

/** One row more than a page. */
export function selectPluginPage(input: z.output<typeof listInput>) {
  const after = decodePage(input.sort, input.cursor);
  const value = sortValues[input.sort];
  const isByValue = input.sort !== 'newest';
  return selectPlugins()
    .select(value.as('sortValue'))
    .where(matches(input))
    .$if(input.state !== undefined, (q) => q.where('p.state', '=', input.state!))
    .$if(input.externalId !== undefined, (q) => q.where('p.external_id', '=', input.externalId!))
    .$if(input.sort === 'users', (q) =>
      q.where('p.metric', '=', wantedMetric(input.metric, input)).where('p.users', 'is not', null),
    )
    .$if(after !== null, (q) =>
      q.where(
        isByValue
          ? sql<boolean>`(${value}, p.id) < (${after?.value}, ${after?.id}::uuid)`
          : sql<boolean>`p.id < ${after?.id}::uuid`,
      ),
    )
    .$if(isByValue, (q) => q.orderBy(value, 'desc'))
    .orderBy('p.id', 'desc')
    .limit(input.limit + 1);
}

export const listPlugins = defineQuery({
  name: 'plugins.list',
  summary: 'List plugins: newest first, or by users of one metric, or by rating',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins' },
  input: listInput,
  output: z.object({ metric: metric.nullable(), items: z.array(pluginSummary), nextCursor: z.string().nullable() }),
  async run({ reader }, input) {
    const byUsers = input.sort === 'users';
    const page = selectPluginPage(input);
    const [metrics, rows] = byUsers
      ? await reader.together(selectMetrics(input), page)
      : ([[], await reader.rows(page)] as const);
    const items = rows.slice(0, input.limit);
    const last = items.at(-1);
    return {
      metric: byUsers ? requireOneMetric(metrics, input.metric) : null,
      items: items.map((row) => pluginSummary.parse(row)),
      nextCursor: rows.length > input.limit && last ? encodePage(input.sort, last.sortValue, last.id) : null,
    };
  },
});
