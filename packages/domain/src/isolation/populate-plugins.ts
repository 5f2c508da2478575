import type { Member } from '@granary/db';
import type pg from 'pg';

/** Facts from a source of the organization's own. */
export async function populatePlugins(
  owner: pg.Pool,
  { tenantId }: Member,
): Promise<{ pluginId: string; companyId: string }> {
  const { rows } = await owner.query<{ pluginId: string; companyId: string }>(
    `with company as (
      insert into companies (tenant_id, id, root_id, slug, name) select $1, id, id, 'theirs', 'theirs' from app.uuidv7() id returning id
    ), plugin as (
      insert into plugins (tenant_id, marketplace, external_id, state, name, description, company_id, categories, users, users_at_least,
          metric, rating, rating_count, rating_count_at_least, pricing_kind, price_amount, price_currency, price_per, first_seen_at,
          last_seen_at, field_times)
        select $1, 'theirs', 'theirs', 'available', 'theirs', 'theirs', id, '{theirs}', 5000, false, 'installs', 4.5, 10, false, 'paid', 5, 'USD',
          'month', now(), now(), '{}' from company returning id, company_id
    ), snapshot as (
      insert into plugin_snapshots (tenant_id, plugin_id, capture_id, captured_at, day, state, users, users_at_least, metric, origin,
          parser_name, parser_version)
        select $1, id, id, '2026-01-01Z', '2026-01-01', 'available', 5000, false, 'installs', 'live', 'theirs', 1 from plugin
    )
    select id as "pluginId", company_id as "companyId" from plugin`,
    [tenantId],
  );
  const [made] = rows;
  if (!made) throw new Error('no plugin was made');
  await owner.query('select app.estimate_plugins($1)', [[made.pluginId]]);
  return made;
}
