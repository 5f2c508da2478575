-- What a plugin may earn in a year, as bounds, by a model that anybody can compute again (docs/adr/0034). A model's parameters
-- never change: other ones are another version.
create table public.revenue_models (
  version integer primary key check (version > 0),
  parameters jsonb not null,
  is_current boolean not null default false,
  created_at timestamptz not null default now()
);
create unique index revenue_models_current on public.revenue_models (is_current) where is_current;

create table public.revenue_estimates (
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  plugin_id uuid not null,
  model_version integer not null references public.revenue_models (version),
  lower_cents bigint not null check (lower_cents >= 0),
  upper_cents bigint not null check (upper_cents >= lower_cents),
  point_cents bigint not null check (point_cents between lower_cents and upper_cents),
  basis text not null check (basis in ('free', 'big_vendor', 'price', 'assumed_price', 'unknown_price')),
  -- users, price and currency as they were
  inputs jsonb not null,
  estimated_at timestamptz not null default now(),
  primary key (plugin_id, model_version),
  foreign key (owner_id, plugin_id) references public.plugins (owner_id, id) on delete cascade
);
create index revenue_estimates_model on public.revenue_estimates (model_version, point_cents desc, plugin_id);
create index revenue_estimates_tenant on public.revenue_estimates (tenant_id) where tenant_id is not null;

-- US cents a year. Of users at most 1 % pay; who pays stays for `churnMonths`, which the lower bound takes as all that they pay in
-- a year, while the upper one takes it that as many follow them. No row where too little is known: no users, or a price in a
-- currency that the model has no rate for.
create function app.estimate_revenue(parameters jsonb, users bigint, kind app.pricing_kind, amount numeric, currency text,
    per app.price_period, company_slugs text[])
  returns table (lower_cents bigint, upper_cents bigint, point_cents bigint, basis text)
  language plpgsql immutable set search_path = '' as $$
declare
  rate constant numeric := parameters -> 'usdPer' ->> currency;
  cap constant numeric := users * (parameters ->> 'capUsdPerUser')::numeric;
  yearly numeric;
  low numeric;
  high numeric;
begin
  basis := case
    when users is null then null
    when exists (select from jsonb_array_elements_text(parameters -> 'bigVendors') v where v = any (company_slugs)) then 'big_vendor'
    when amount is not null then case when rate is not null then 'price' end
    when kind = 'free' then 'free'
    when kind in ('free_with_paid_features', 'free_trial', 'paid') then 'assumed_price'
    else 'unknown_price' end;
  if basis is null then
    return;
  end if;
  yearly := case
    when basis in ('free', 'big_vendor') then 0
    when basis <> 'price' then (parameters ->> 'assumedUsdPerMonth')::numeric * 12
    when per = 'month' then amount * rate * 12
    else amount * rate end;
  low := case when basis = 'unknown_price' then 0 else
    users * (parameters ->> 'lowerConversion')::numeric * yearly * (parameters ->> 'churnMonths')::numeric / 12 end;
  high := users * (parameters ->> 'upperConversion')::numeric * yearly;
  lower_cents := round(100 * least(low, cap));
  upper_cents := round(100 * least(high, cap));
  point_cents := round(0.9 * lower_cents + 0.1 * upper_cents);
  return next;
end $$;

-- Estimates these plugins (null: all) by the current model, where it says anything else than before.
create function app.estimate_plugins(plugins uuid[]) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  model public.revenue_models;
  changed bigint;
  removed bigint;
begin
  select * into model from public.revenue_models m where m.is_current;
  with estimated as materialized (
    select p.tenant_id, p.id, e.*, jsonb_strip_nulls(jsonb_build_object('users', p.users, 'usersBound',
        case when p.users_at_least then 'at_least' else 'exact' end, 'metric', p.metric, 'pricing', p.pricing_kind,
        'amount', p.price_amount::text, 'currency', p.price_currency, 'per', p.price_per)) as inputs
    from public.plugins p
    left join public.companies c on c.id = p.company_id
    left join public.companies r on r.id = c.root_id
    cross join lateral app.estimate_revenue(model.parameters, p.users, p.pricing_kind, p.price_amount, p.price_currency,
      p.price_per, array[c.slug, r.slug]) e
    where plugins is null or p.id = any (plugins)
  ), gone as (
    delete from public.revenue_estimates e
    where e.model_version = model.version and (plugins is null or e.plugin_id = any (plugins))
      and not exists (select from estimated n where n.id = e.plugin_id)
    returning 1
  ), written as (
    insert into public.revenue_estimates (tenant_id, plugin_id, model_version, lower_cents, upper_cents, point_cents, basis, inputs)
      select n.tenant_id, n.id, model.version, n.lower_cents, n.upper_cents, n.point_cents, n.basis, n.inputs from estimated n
    on conflict (plugin_id, model_version) do update set lower_cents = excluded.lower_cents, upper_cents = excluded.upper_cents,
      point_cents = excluded.point_cents, basis = excluded.basis, inputs = excluded.inputs, estimated_at = now()
    where (revenue_estimates.lower_cents, revenue_estimates.upper_cents, revenue_estimates.basis, revenue_estimates.inputs)
      is distinct from (excluded.lower_cents, excluded.upper_cents, excluded.basis, excluded.inputs)
    returning 1
  )
  select (select count(*) from written), (select count(*) from gone) into changed, removed;
  return changed + removed;
end $$;

-- An operator's: another version, by which everything is estimated at once; the former ones stay with their estimates.
create function app.set_revenue_model(parameters jsonb) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  made integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('granary revenue model', 0));
  update public.revenue_models m set is_current = false where m.is_current;
  insert into public.revenue_models (version, parameters, is_current)
    select coalesce(max(m.version), 0) + 1, set_revenue_model.parameters, true from public.revenue_models m returning version into made;
  perform app.estimate_plugins(null);
  return made;
end $$;

revoke all on function app.estimate_revenue, app.estimate_plugins, app.set_revenue_model from public;
grant execute on function app.estimate_plugins to granary_worker;

alter table public.revenue_models enable row level security, force row level security;
create policy revenue_models_read on public.revenue_models for select to authenticated using (true);
alter table public.revenue_estimates enable row level security, force row level security;
create policy revenue_estimates_read on public.revenue_estimates for select to authenticated using (
  (tenant_id is null and cardinality((select app.tenants_with('plugin:read'))::uuid[]) > 0)
  or tenant_id = any ((select app.tenants_with('plugin:read'))::uuid[]));
grant select on public.revenue_models, public.revenue_estimates to authenticated, granary_worker;

select app.set_revenue_model('{
  "lowerConversion": 0.005, "upperConversion": 0.01, "churnMonths": 6, "capUsdPerUser": 2, "assumedUsdPerMonth": 4.99,
  "usdPer": {"USD": 1, "EUR": 1.08, "GBP": 1.27},
  "bigVendors": ["google", "microsoft", "adobe", "apple", "amazon", "meta", "salesforce", "oracle", "ibm", "cisco", "zoom",
    "atlassian", "dropbox", "automattic", "mozilla"]
}');
