import { query } from '@granary/db';
import { sql } from 'kysely';
import { quantityOf, usersOf } from './quantities.ts';

/** Plugins that the caller may see (which those are the policy says), each with its company and its estimate. */
export const selectPlugins = () =>
  query
    .selectFrom('plugins as p')
    .leftJoin('companies as c', 'c.id', 'p.company_id')
    .leftJoin('companies as root', 'root.id', 'c.root_id')
    .leftJoin('revenue_estimates as e', (join) =>
      join.onRef('e.plugin_id', '=', 'p.id').on('e.model_version', '=', currentModel),
    )
    .select([
      'p.id',
      'p.marketplace',
      'p.external_id as externalId',
      'p.name',
      sql<boolean>`p.tenant_id is not null`.as('isOwn'),
      'p.state',
      'p.url',
      'p.logo_url as logoUrl',
      'p.summary',
      companyOf.as('company'),
      'p.categories',
      'p.version',
      usersOf('p').as('users'),
      'p.rating',
      quantityOf('rating_count', 'p').as('ratingCount'),
      estimateOf.as('revenue'),
      'p.last_seen_at as lastSeenAt',
    ]);

export const currentModel = sql<number>`(select m.version from revenue_models m where m.is_current)`;

const companyOf = sql<{ id: string; slug: string; name: string } | null>`case when root.id is not null then
  jsonb_build_object('id', root.id, 'slug', root.slug, 'name', root.name) end`;

const estimateOf = sql<
  object | null
>`case when e.plugin_id is not null then jsonb_build_object('lowerCents', e.lower_cents,
  'upperCents', e.upper_cents, 'pointCents', e.point_cents, 'basis', e.basis, 'modelVersion', e.model_version) end`;

export interface PluginFilter {
  readonly marketplace?: string | undefined;
  readonly category?: string | undefined;
  readonly permission?: string | undefined;
  readonly scope?: 'public' | 'own' | 'all' | undefined;
}

/** A condition on `p`, of what a caller may filter by. */
export function matches({ marketplace, category, permission, scope = 'public' }: PluginFilter) {
  const labelled = (kind: string, label: string | undefined) =>
    label === undefined
      ? sql<boolean>`true`
      : sql<boolean>`exists (select from plugin_labels l where l.plugin_id = p.id and l.kind = ${kind} and l.label = ${label})`;
  return sql<boolean>`${marketplace === undefined ? sql`true` : sql`p.marketplace = ${marketplace}`}
    and ${labelled('category', category)} and ${labelled('permission', permission)}
    and ${scope === 'all' ? sql`true` : scope === 'own' ? sql`p.tenant_id is not null` : sql`p.tenant_id is null`}`;
}
