-- What marketplaces say of plugins (docs/adr/0033). Rows without a tenant are public: of operators' sources, written by the
-- worker alone, read by every member of every organization. Rows with one come from that tenant's own sources, and nobody
-- else sees them.

create type app.plugin_state as enum ('available', 'unavailable', 'closed');
create type app.user_metric as enum ('installs', 'active_users', 'active_installs', 'average_daily_users');
create type app.pricing_kind as enum ('free', 'free_with_paid_features', 'free_trial', 'paid', 'unknown');
create type app.price_period as enum ('month', 'year', 'once');
create type app.fact_origin as enum ('live', 'import', 'archive');
grant usage on type app.plugin_state, app.user_metric, app.pricing_kind, app.price_period, app.fact_origin to authenticated, granary_worker;

-- Developers, one row for each normalised name. `root_id`: the company that this one was merged into, at the end of the
-- chain, or itself; what is asked of companies groups by it, so that a merge moves no plugin and can be taken back.
create table public.companies (
  id uuid primary key default app.uuidv7(),
  tenant_id uuid references public.organizations (id) on delete cascade,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  slug text not null check (slug <> '' and char_length(slug) <= 200),
  name text not null check (char_length(name) <= 300),
  website text check (char_length(website) <= 2000),
  merged_into uuid,
  root_id uuid not null,
  created_at timestamptz not null default now(),
  unique (owner_id, slug),
  unique (owner_id, id),
  foreign key (owner_id, merged_into) references public.companies (owner_id, id),
  foreign key (owner_id, root_id) references public.companies (owner_id, id),
  check (merged_into <> id)
);
create index companies_tenant on public.companies (tenant_id);
create index companies_merged_into on public.companies (merged_into);
create index companies_root on public.companies (root_id);

create function app.plugin_words(name text, summary text, developer text, description text, tags text[]) returns tsvector
  language plpgsql immutable set search_path = '' as $$
begin
  return pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.simple', coalesce(name, '')), 'A')
    || pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.english', coalesce(name, '')), 'A')
    || pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.english', coalesce(summary, '')), 'B')
    || pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.simple', coalesce(developer, '') || ' '
      || coalesce(pg_catalog.array_to_string(tags, ' '), '')), 'C')
    || pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.english', left(coalesce(description, ''), 20000)), 'D');
end $$;

-- The newest that is known of each field. A number that no page stated is null, never 0. `field_times` says of each field
-- which reading it is from: a later page that has no place for a field leaves it, and an older page never replaces it.
create table public.plugins (
  id uuid primary key default app.uuidv7(),
  tenant_id uuid references public.organizations (id) on delete cascade,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  marketplace text not null check (marketplace <> '' and char_length(marketplace) <= 100),
  external_id text not null check (external_id <> '' and char_length(external_id) <= 500),
  state app.plugin_state not null,
  state_reason text,
  closed_on text,
  name text,
  slug text,
  url text,
  logo_url text,
  featured_image_url text,
  summary text,
  description text,
  developer_name text,
  developer_publisher_id text,
  developer_website text,
  company_id uuid,
  categories text[],
  tags text[],
  permissions text[],
  works_with text[],
  languages text[],
  version text,
  manifest_version integer,
  size_bytes bigint check (size_bytes >= 0),
  size_at_least boolean,
  users bigint check (users >= 0),
  users_at_least boolean,
  metric app.user_metric,
  rating double precision check (rating between 0 and 5),
  rating_count bigint check (rating_count >= 0),
  rating_count_at_least boolean,
  pricing_kind app.pricing_kind,
  pricing_text text,
  price_amount numeric check (price_amount >= 0),
  price_currency text,
  price_per app.price_period,
  featured boolean,
  website_url text,
  support_url text,
  privacy_policy_url text,
  -- as its source writes them: a day, or a moment
  listed_at text,
  listing_updated_at text,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  field_times jsonb not null,
  words tsvector generated always as (app.plugin_words(name, summary, developer_name, description, tags)) stored,
  unique (owner_id, marketplace, external_id),
  unique (owner_id, id),
  foreign key (owner_id, company_id) references public.companies (owner_id, id),
  check ((users is null) = (metric is null) and (users is null) = (users_at_least is null)),
  check ((rating_count is null) = (rating_count_at_least is null)),
  check ((size_bytes is null) = (size_at_least is null)),
  check ((price_amount is null) = (price_currency is null) and (price_amount is null) = (price_per is null))
);
create index plugins_tenant on public.plugins (tenant_id);
create index plugins_company on public.plugins (company_id);
create index plugins_words on public.plugins using gin (words);
-- without the metric: equality of enums is not leakproof, so that a policy keeps it from an index
create index plugins_most_used on public.plugins (users desc, id desc) where users is not null;
create index plugins_users on public.plugins (marketplace, users desc, id desc) where users is not null;
create index plugins_best_rated on public.plugins ((coalesce(rating, -1)) desc, id desc);

-- One per plugin and UTC day. `older`: which fields are from an earlier reading of that day, since the last had no place for them.
-- `change` is the transaction that wrote the row last: who asks for rows below the oldest running transaction, in this order,
-- misses none, as they would by a clock.
create table public.plugin_snapshots (
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  plugin_id uuid not null,
  -- no foreign key: a capture goes when its retention is over, what was read from it stays
  capture_id uuid not null,
  captured_at timestamptz not null,
  change bigint not null default pg_current_xact_id()::text::bigint,
  users bigint check (users >= 0),
  rating double precision check (rating between 0 and 5),
  rating_count bigint check (rating_count >= 0),
  day date not null,
  state app.plugin_state not null,
  metric app.user_metric,
  pricing_kind app.pricing_kind,
  price_per app.price_period,
  origin app.fact_origin not null,
  parser_version integer not null,
  users_at_least boolean,
  rating_count_at_least boolean,
  parser_name text not null,
  version text,
  price_amount numeric check (price_amount >= 0),
  price_currency text,
  older jsonb,
  -- a series is read from the index alone
  primary key (plugin_id, day) include (tenant_id, state, users, users_at_least, metric, rating, rating_count, rating_count_at_least),
  foreign key (owner_id, plugin_id) references public.plugins (owner_id, id) on delete cascade,
  check (day = (captured_at at time zone 'UTC')::date),
  check ((users is null) = (metric is null) and (users is null) = (users_at_least is null)),
  check ((rating_count is null) = (rating_count_at_least is null)),
  check ((price_amount is null) = (price_currency is null) and (price_amount is null) = (price_per is null))
) with (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_insert_threshold = 10000);
create index plugin_snapshots_tenant on public.plugin_snapshots (tenant_id) where tenant_id is not null;
create index plugin_snapshots_change on public.plugin_snapshots (change, plugin_id, day);
create index plugin_snapshots_day on public.plugin_snapshots (day) where tenant_id is null;

-- Categories, permissions, tags and products of a plugin, for finding plugins by them: text that is equal can be looked up
-- under a policy by an index, what an array contains cannot.
create table public.plugin_labels (
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  plugin_id uuid not null,
  kind text not null check (kind in ('category', 'permission', 'tag', 'works_with')),
  label text not null,
  marketplace text not null,
  primary key (plugin_id, kind, label),
  foreign key (owner_id, plugin_id) references public.plugins (owner_id, id) on delete cascade
);
create index plugin_labels_label on public.plugin_labels (kind, label, marketplace, plugin_id);
create index plugin_labels_tenant on public.plugin_labels (tenant_id) where tenant_id is not null;

create function app.label_plugin() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    delete from public.plugin_labels l where l.plugin_id = new.id;
  end if;
  insert into public.plugin_labels (tenant_id, plugin_id, kind, label, marketplace)
    select new.tenant_id, new.id, given.kind, given.label, new.marketplace from (
      select 'category' as kind, unnest(new.categories) as label
      union select 'permission', unnest(new.permissions)
      union select 'tag', unnest(new.tags)
      union select 'works_with', unnest(new.works_with)) given
    where given.label is not null;
  return null;
end $$;
create trigger plugins_label_insert after insert on public.plugins for each row execute function app.label_plugin();
create trigger plugins_label_update after update of categories, permissions, tags, works_with on public.plugins for each row
  when ((old.categories, old.permissions, old.tags, old.works_with)
    is distinct from (new.categories, new.permissions, new.tags, new.works_with))
  execute function app.label_plugin();

revoke all on function app.plugin_words, app.label_plugin from public;
grant execute on function app.plugin_words to granary_worker;

do $$
declare
  facts text;
begin
  foreach facts in array '{companies,plugins,plugin_snapshots,plugin_labels}'::text[] loop
    execute format('alter table public.%I enable row level security, force row level security', facts);
    execute format($f$
      create policy %I on public.%I for select to authenticated using (
        (tenant_id is null and cardinality((select app.tenants_with('plugin:read'))::uuid[]) > 0)
        or tenant_id = any ((select app.tenants_with('plugin:read'))::uuid[]))
    $f$, facts || '_read', facts);
    execute format('grant select on public.%I to authenticated, granary_worker', facts);
  end loop;
end $$;
grant insert (tenant_id, id, slug, name, website, root_id) on public.companies to granary_worker;
grant update (name, website) on public.companies to granary_worker;
grant insert, delete on public.plugins, public.plugin_snapshots to granary_worker;
grant update (state, state_reason, closed_on, name, slug, url, logo_url, featured_image_url, summary, description, developer_name,
  developer_publisher_id, developer_website, company_id, categories, tags, permissions, works_with, languages, version,
  manifest_version, size_bytes, size_at_least, users, users_at_least, metric, rating, rating_count, rating_count_at_least,
  pricing_kind, pricing_text, price_amount, price_currency, price_per, featured, website_url, support_url, privacy_policy_url,
  listed_at, listing_updated_at, first_seen_at, last_seen_at, field_times) on public.plugins to granary_worker;
grant update (capture_id, captured_at, change, users, rating, rating_count, state, metric, pricing_kind, price_per, origin,
  parser_version, users_at_least, rating_count_at_least, parser_name, version, price_amount, price_currency, older)
  on public.plugin_snapshots to granary_worker;
