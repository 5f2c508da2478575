import type pg from 'pg';

export interface StoredPlugin {
  readonly externalId: string;
  readonly tenantId?: string | null;
  readonly marketplace?: string;
  readonly name?: string;
  readonly summary?: string;
  readonly state?: string;
  readonly company?: string;
  readonly categories?: readonly string[];
  readonly permissions?: readonly string[];
  readonly metric?: string;
  readonly users?: number | null;
  readonly usersAtLeast?: boolean;
  readonly rating?: number | null;
  readonly ratingCount?: number | null;
  readonly price?: { readonly amount: string; readonly currency?: string; readonly per: 'month' | 'year' | 'once' };
  readonly pricing?: string;
  /** Users by day. */
  readonly series?: Readonly<Record<string, number | null>>;
}

/** Stores facts as the worker would have, for tests of what is made of them. Returns the ids by external id. */
export async function storePlugins(owner: pg.Pool, plugins: readonly StoredPlugin[]): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const plugin of plugins) ids[plugin.externalId] = await storePlugin(owner, plugin);
  await owner.query('select app.estimate_plugins(null)');
  return ids;
}

async function storePlugin(owner: pg.Pool, plugin: StoredPlugin): Promise<string> {
  const { tenantId = null, metric = 'installs', users = null, ratingCount = null, usersAtLeast = false } = plugin;
  const company = plugin.company === undefined ? null : await storeCompany(owner, tenantId, plugin.company);
  const { rows } = await owner.query<{ id: string }>(
    `insert into plugins (tenant_id, marketplace, external_id, name, summary, state, company_id, categories, permissions, users,
       users_at_least, metric, rating, rating_count, rating_count_at_least, pricing_kind, price_amount, price_currency, price_per,
       first_seen_at, last_seen_at, field_times)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::bigint, $11, $12, $13, $14::bigint, $15, $16, $17::numeric, $18, $19, now(), now(), '{}')
     returning id`,
    [
      tenantId,
      plugin.marketplace ?? 'market',
      plugin.externalId,
      plugin.name ?? plugin.externalId,
      plugin.summary ?? null,
      plugin.state ?? 'available',
      company,
      plugin.categories ?? null,
      plugin.permissions ?? null,
      users,
      users === null ? null : usersAtLeast,
      users === null ? null : metric,
      plugin.rating ?? null,
      ratingCount,
      ratingCount === null ? null : false,
      plugin.pricing ?? null,
      plugin.price?.amount ?? null,
      plugin.price ? (plugin.price.currency ?? 'USD') : null,
      plugin.price?.per ?? null,
    ],
  );
  const { id } = rows[0]!;
  await owner.query(
    `insert into plugin_snapshots (tenant_id, plugin_id, capture_id, captured_at, day, state, users, users_at_least, metric, origin, parser_name, parser_version)
     select $1, $2, app.uuidv7(), day::timestamp at time zone 'UTC', day, 'available', users, case when users is not null then $5::boolean end,
       case when users is not null then $6::app.user_metric end, 'live', 'test', 1
     from unnest($3::date[], $4::bigint[]) as given (day, users)`,
    [tenantId, id, Object.keys(plugin.series ?? {}), Object.values(plugin.series ?? {}), usersAtLeast, metric],
  );
  return id;
}

async function storeCompany(owner: pg.Pool, tenantId: string | null, name: string): Promise<string> {
  const { rows } = await owner.query<{ id: string }>(
    `with made as (
       insert into companies (tenant_id, id, root_id, slug, name) select $1::uuid, id, id, $2, $2 from app.uuidv7() id
       on conflict (owner_id, slug) do update set name = excluded.name returning id)
     select id from made`,
    [tenantId, name],
  );
  return rows[0]!.id;
}
