import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { currentModel, selectPlugins } from '../plugin-query.ts';
import { boundOf, ratingsOf, ratingsPerThousandUsersOf, revenueOf, weightedRatingOf } from '../roll-up.ts';
import { pluginSummary } from '../schema.ts';
import { companyName, revenueTotal, sizeClass, sizeClassOf, userTotal, weightedRating } from './schema.ts';

const details = companyName
  .extend({
    isOwn: z.boolean(),
    website: z.string().nullable(),
    mergedInto: companyName.nullable().meta({ description: 'Where it is one of several that are one: the one' }),
    merged: z.array(companyName).meta({ description: 'Those that were merged into it' }),
    availablePlugins: z.int(),
    sizeClass: sizeClass.nullable(),
    users: z.array(userTotal).meta({ description: 'One for each metric' }),
    ratings: z.int(),
    weightedRating,
    ratingsPerThousandUsers: z.number().nullable(),
    revenue: revenueTotal,
    plugins: z.array(pluginSummary).meta({ description: 'The first 100, gone ones last' }),
  })
  .meta({ id: 'Company' });

export const getCompany = defineQuery({
  name: 'companies.get',
  summary: 'A company by its id, with what its available plugins come to, and the plugins',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/companies/{companyId}' },
  input: z.object({ companyId: z.uuid() }),
  output: details,
  async run({ reader }, { companyId }) {
    const root = sql<string>`(select o.root_id from companies o where o.id = ${companyId}::uuid)`;
    const available = query
      .selectFrom('plugins as p')
      .innerJoin('companies as c', 'c.id', 'p.company_id')
      .leftJoin('revenue_estimates as e', (join) =>
        join.onRef('e.plugin_id', '=', 'p.id').on('e.model_version', '=', currentModel),
      )
      .where('c.root_id', '=', root)
      .where('p.state', '=', 'available');
    const [[found], merged, users, [totals], plugins] = await reader.together(
      query
        .selectFrom('companies as o')
        .innerJoin('companies as root', 'root.id', 'o.root_id')
        .select(['o.id', 'o.slug', 'o.name', 'o.website', sql<boolean>`o.tenant_id is not null`.as('isOwn')])
        .select(
          sql`case when root.id <> o.id then jsonb_build_object('id', root.id, 'slug', root.slug, 'name', root.name) end`.as(
            'mergedInto',
          ),
        )
        .where('o.id', '=', companyId),
      query
        .selectFrom('companies as o')
        .select(['o.id', 'o.slug', 'o.name'])
        .where('o.merged_into', '=', companyId)
        .orderBy('o.slug'),
      available
        .where('p.metric', 'is not', null)
        .groupBy('p.metric')
        .select((eb) => [
          'p.metric',
          sql<number>`sum(p.users)::bigint`.as('value'),
          boundOf.as('bound'),
          eb.fn.countAll<number>().as('plugins'),
        ])
        .orderBy('p.metric'),
      available.select((eb) => [
        eb.fn.countAll<number>().as('availablePlugins'),
        ratingsOf.as('ratings'),
        weightedRatingOf.as('weightedRating'),
        ratingsPerThousandUsersOf.as('ratingsPerThousandUsers'),
        revenueOf.as('revenue'),
      ]),
      selectPlugins()
        .where('c.root_id', '=', root)
        .orderBy('p.state')
        .orderBy('p.metric')
        .orderBy(sql`p.users desc nulls last`)
        .orderBy('p.id')
        .limit(100),
    );
    if (!found || !totals) throw new DomainError('not_found', 'no such company');
    return details.parse({
      ...found,
      ...totals,
      merged,
      users,
      plugins,
      sizeClass: sizeClassOf(totals.availablePlugins),
    });
  },
});
