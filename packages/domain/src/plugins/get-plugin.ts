import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchPlugin } from './no-such-plugin.ts';
import { currentModel, selectPlugins } from './plugin-query.ts';
import { estimate, pluginSummary, quantity } from './schema.ts';

const text = z.string().nullable();
const texts = z.array(z.string()).nullable().meta({ description: 'null: not stated; []: none' });

const pluginDetails = pluginSummary
  .extend({
    slug: text,
    featuredImageUrl: text,
    description: text.meta({ description: 'Plain text' }),
    developer: z.object({ name: text, publisherId: text, website: text }),
    tags: texts,
    permissions: texts,
    worksWith: texts,
    languages: texts,
    manifestVersion: z.int().nullable(),
    sizeBytes: quantity.nullable(),
    pricing: z.object({
      kind: z.enum(['free', 'free_with_paid_features', 'free_trial', 'paid', 'unknown']).nullable(),
      text,
      lowestPaidTier: z
        .object({ amount: z.string(), currency: z.string(), per: z.enum(['month', 'year', 'once']) })
        .nullable(),
    }),
    featured: z.boolean().nullable(),
    websiteUrl: text,
    supportUrl: text,
    privacyPolicyUrl: text,
    listedAt: text,
    listingUpdatedAt: text,
    stateReason: text,
    closedOn: text,
    firstSeenAt: z.string(),
    ratingsPerThousandUsers: z.number().nullable(),
    revenue: estimate
      .extend({
        inputs: z.record(z.string(), z.unknown()),
        parameters: z.record(z.string(), z.unknown()).meta({ description: 'Of the model, as they were' }),
        estimatedAt: z.string(),
      })
      .nullable(),
    described: z
      .object({
        summary: z.string(),
        tags: z.array(z.string()),
        model: z.object({ name: z.string(), version: z.string() }),
        promptVersion: z.int(),
        promptHash: z.string(),
        madeAt: z.string(),
        isStale: z.boolean().meta({ description: 'The page says something else by now' }),
      })
      .nullable()
      .meta({ description: 'What a language model made of the page: words about it, no facts' }),
    readAt: z.record(z.string(), z.array(z.string())).meta({
      description:
        'Provenance: which reading (time|capture|parser’s version|place) said which fields; the place on the page is embedded data, an api, meta tags or markup',
    }),
  })
  .meta({ id: 'PluginDetails' });

export const getPlugin = defineQuery({
  name: 'plugins.get',
  summary: 'All that is known of a plugin, and which reading each field is from',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/{pluginId}' },
  input: z.object({ pluginId: z.uuid() }),
  output: pluginDetails,
  async run({ reader }, { pluginId }) {
    const [[found], [estimated], [described]] = await reader.together(
      selectPlugins().select(details).where('p.id', '=', pluginId),
      query
        .selectFrom('revenue_estimates as e')
        .innerJoin('revenue_models as m', 'm.version', 'e.model_version')
        .select(['e.inputs', 'm.parameters', 'e.estimated_at as estimatedAt'])
        .where('e.plugin_id', '=', pluginId)
        .where('e.model_version', '=', currentModel),
      query
        .selectFrom('plugin_summaries as s')
        .select(['s.summary', 's.tags', 's.prompt_version as promptVersion', 's.prompt_hash as promptHash'])
        .select(['s.made_at as madeAt', 's.is_stale as isStale'])
        .select(sql`jsonb_build_object('name', s.model_name, 'version', s.model_version)`.as('model'))
        .where('s.plugin_id', '=', pluginId)
        .where('s.summary', 'is not', null),
    );
    if (!found) throw noSuchPlugin();
    const { revenue, ...facts } = found;
    return pluginDetails.parse({
      ...facts,
      revenue: revenue && estimated ? { ...revenue, ...estimated } : null,
      described: described ?? null,
    });
  },
});

const details = [
  'p.slug',
  'p.featured_image_url as featuredImageUrl',
  'p.description',
  sql`jsonb_build_object('name', p.developer_name, 'publisherId', p.developer_publisher_id, 'website', p.developer_website)`.as(
    'developer',
  ),
  'p.tags',
  'p.permissions',
  'p.works_with as worksWith',
  'p.languages',
  'p.manifest_version as manifestVersion',
  sql`case when p.size_bytes is not null then jsonb_build_object('value', p.size_bytes,
    'bound', case when p.size_at_least then 'at_least' else 'exact' end) end`.as('sizeBytes'),
  sql`jsonb_build_object('kind', p.pricing_kind, 'text', p.pricing_text, 'lowestPaidTier', case when p.price_amount is not null then
    jsonb_build_object('amount', p.price_amount::text, 'currency', p.price_currency, 'per', p.price_per) end)`.as(
    'pricing',
  ),
  'p.featured',
  'p.website_url as websiteUrl',
  'p.support_url as supportUrl',
  'p.privacy_policy_url as privacyPolicyUrl',
  'p.listed_at as listedAt',
  'p.listing_updated_at as listingUpdatedAt',
  'p.state_reason as stateReason',
  'p.closed_on as closedOn',
  'p.first_seen_at as firstSeenAt',
  sql<number | null>`1000 * p.rating_count / nullif(p.users, 0)::float8`.as('ratingsPerThousandUsers'),
  'p.field_times as readAt',
] as const;
