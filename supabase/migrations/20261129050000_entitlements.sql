-- Plans: what an organization may have and do. Their constants are the code's (packages/domain/src/entitlements/plans.ts);
-- a test compares. What is used is counted where it is, while a lock is held: there is no counter that could be wrong.
create table public.entitlements (
  name text primary key check (name ~ '^[a-z_]+$'),
  kind text not null check (kind in ('limit', 'feature'))
);

create table public.plans (
  name text primary key check (name ~ '^[a-z_]+$'),
  label text not null,
  -- what a new organization gets
  is_default boolean not null default false
);
create unique index plans_default on public.plans (is_default) where is_default;

create table public.plan_entitlements (
  plan text not null references public.plans (name),
  entitlement text not null references public.entitlements (name),
  -- of a limit: null for none; of a feature: 1 when it is included, else 0
  value bigint check (value >= 0),
  primary key (plan, entitlement)
);
create index plan_entitlements_entitlement on public.plan_entitlements (entitlement);

create table public.entitlement_overrides (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  entitlement text not null references public.entitlements (name),
  value bigint check (value >= 0),
  reason text not null check (btrim(reason) <> ''),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  primary key (tenant_id, entitlement)
);
create index entitlement_overrides_entitlement on public.entitlement_overrides (entitlement);

insert into public.entitlements (name, kind) values
  ('members', 'limit'), ('datasets', 'limit'), ('rows', 'limit'), ('bytes', 'limit'), ('sources', 'limit'),
  ('pipeline_runs_per_day', 'limit'), ('api_requests_per_minute', 'limit'),
  ('custom_roles', 'feature'), ('pseudonyms', 'feature');
insert into public.plans (name, label, is_default) values
  ('free', 'Free', false), ('team', 'Team', false), ('business', 'Business', false), ('unlimited', 'Unlimited', true);
insert into public.plan_entitlements (plan, entitlement, value)
  select p.plan, e.entitlement, e.value from (values
    ('free', array[3, 10, 1000000, 1073741824, 3, 20, 120, 0, 0]),
    ('team', array[25, 200, 100000000, 107374182400, 25, 500, 1200, 1, 0]),
    ('business', array[250, 5000, 5000000000, 5497558138880, 250, 10000, 12000, 1, 1]),
    ('unlimited', array[null, null, null, null, null, null, null, 1, 1])
  ) as p (plan, amounts), lateral unnest(
    '{members,datasets,rows,bytes,sources,pipeline_runs_per_day,api_requests_per_minute,custom_roles,pseudonyms}'::text[], p.amounts::bigint[]
  ) as e (entitlement, value);

create function app.default_plan() returns text
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select p.name from public.plans p where p.is_default);
end $$;

alter table public.organizations add column plan text not null default app.default_plan() references public.plans (name);
create index organizations_plan on public.organizations (plan);

-- a quota of one's own stays one
insert into public.entitlement_overrides (tenant_id, entitlement, value, reason)
  select o.id, 'bytes', o.storage_quota_bytes, 'the quota from before there were plans' from public.organizations o
  where o.storage_quota_bytes <> 1099511627776;

alter table public.entitlements enable row level security, force row level security;
create policy entitlements_read on public.entitlements for select to authenticated using (true);
alter table public.plans enable row level security, force row level security;
create policy plans_read on public.plans for select to authenticated using (true);
alter table public.plan_entitlements enable row level security, force row level security;
create policy plan_entitlements_read on public.plan_entitlements for select to authenticated using (true);
alter table public.entitlement_overrides enable row level security, force row level security;
create policy entitlement_overrides_read on public.entitlement_overrides for select to authenticated
  using (tenant_id = any ((select app.tenants_with('organization:read'))::uuid[]));
grant select on public.entitlements, public.plans, public.plan_entitlements, public.entitlement_overrides to authenticated;

-- What an organization is entitled to now: of a limit the most, null for no limit; of a feature 1 or 0.
create function app.entitlement_of(tenant uuid, entitlement text) returns bigint
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_value bigint;
begin
  select o.value into found_value from public.entitlement_overrides o
    where o.tenant_id = tenant and o.entitlement = entitlement_of.entitlement and (o.expires_at is null or o.expires_at > now());
  if not found then
    select p.value into strict found_value from public.plan_entitlements p
      join public.organizations o on o.plan = p.plan where o.id = tenant and p.entitlement = entitlement_of.entitlement;
  end if;
  return found_value;
end $$;

-- What is there now. Null for what is counted elsewhere, as requests are.
create function app.usage_of(tenant uuid, entitlement text) returns bigint
  language plpgsql stable security definer set search_path = '' as $$
begin
  return case entitlement
    when 'members' then (select count(*) from public.memberships m where m.tenant_id = tenant)
    when 'datasets' then (select count(*) from public.datasets d where d.tenant_id = tenant)
    when 'rows' then (select coalesce(sum(v.row_count), 0) from public.dataset_versions v where v.tenant_id = tenant and v.state = 'ready')
    when 'bytes' then app.storage_used(tenant)
  end;
end $$;

-- Refuses what a plan has no room for; exact under concurrency, because everybody who adds to the same waits for the one
-- before. Volatile: each statement in it sees what was committed while it waited.
-- already_there: the addition has been made, in this transaction.
-- SQLSTATE GR429 (detail: json with entitlement, plan, limit, used, requested).
create function app.require_room(tenant uuid, entitlement text, requested bigint, already_there boolean) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most bigint := app.entitlement_of(tenant, entitlement);
  used bigint;
  plan text;
begin
  if most is null or requested <= 0 then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('entitlement:' || tenant || ':' || entitlement, 0));
  most := app.entitlement_of(tenant, entitlement);
  used := app.usage_of(tenant, entitlement) - case when already_there then requested else 0 end;
  if used + requested > most then
    select o.plan into plan from public.organizations o where o.id = tenant;
    raise exception using errcode = 'GR429',
      message = format('the organization has a limit of %s %s, and %s are used', most, replace(entitlement, '_', ' '), used),
      detail = jsonb_build_object('entitlement', entitlement, 'plan', plan, 'limit', most, 'used', used, 'requested', requested)::text;
  end if;
end $$;

-- SQLSTATE GR403 (detail: json with entitlement and plan): the plan does not include it.
create function app.require_feature(tenant uuid, feature text) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  plan text;
begin
  if app.entitlement_of(tenant, feature) = 0 then
    select o.plan into plan from public.organizations o where o.id = tenant;
    raise exception using errcode = 'GR403',
      message = format('the plan of the organization does not include %s', replace(feature, '_', ' ')),
      detail = jsonb_build_object('entitlement', feature, 'plan', plan)::text;
  end if;
end $$;

-- One more row of a table is one more of what the trigger's argument names.
create function app.count_one() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.require_room(new.tenant_id, tg_argv[0], 1, true);
  return null;
end $$;
create trigger limit_members after insert on public.memberships for each row execute function app.count_one('members');
create trigger limit_datasets after insert on public.datasets for each row execute function app.count_one('datasets');

create function app.count_rows() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  former bigint := 0;
begin
  if tg_op = 'UPDATE' and old.state = 'ready' then
    former := coalesce(old.row_count, 0);
  end if;
  perform app.require_room(new.tenant_id, 'rows', new.row_count - former, true);
  return null;
end $$;
create trigger limit_rows after insert or update of row_count, state on public.dataset_versions for each row
  when (new.state = 'ready' and new.row_count > 0) execute function app.count_rows();

create function app.need_feature() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.require_feature(new.tenant_id, tg_argv[0]);
  return new;
end $$;
create trigger needs_custom_roles before insert on public.roles for each row
  when (not new.is_builtin) execute function app.need_feature('custom_roles');
create trigger needs_pseudonyms before insert or update of identifiers on public.datasets for each row
  when (new.identifiers <> '{}') execute function app.need_feature('pseudonyms');

create or replace function app.begin_upload(tenant uuid, file_name text, bytes bigint, lifetime interval) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  upload uuid;
begin
  if not tenant = any (app.tenants_with('dataset:write')) then
    raise exception using errcode = 'GR403', message = 'needs the permission dataset:write';
  end if;
  perform app.require_room(tenant, 'bytes', begin_upload.bytes, false);
  insert into public.uploads (tenant_id, user_id, file_name, bytes, expires_at)
    values (tenant, app.user_id(), begin_upload.file_name, begin_upload.bytes, now() + lifetime)
    returning id into upload;
  return upload;
end $$;
alter table public.organizations drop column storage_quota_bytes;

-- What the active organization is entitled to, and what it uses.
create function app.usage_in(tenant uuid)
  returns table (plan text, entitlement text, kind text, value bigint, used bigint, is_override boolean, expires_at timestamptz)
  language plpgsql stable security definer set search_path = '' as $$
begin
  if not tenant = any (app.tenants_with('organization:read')) then
    return;
  end if;
  return query
    select t.plan, e.name, e.kind, app.entitlement_of(tenant, e.name), app.usage_of(tenant, e.name), o.tenant_id is not null, o.expires_at
    from public.organizations t cross join public.entitlements e left join public.entitlement_overrides o
      on o.tenant_id = tenant and o.entitlement = e.name and (o.expires_at is null or o.expires_at > now())
    where t.id = tenant order by e.name;
end $$;

-- How many requests an organization may make in a minute, and by which plan. For the login that checks credentials.
create function app.request_allowance(tenant uuid) returns table (plan text, per_minute bigint)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select o.plan, app.entitlement_of(o.id, 'api_requests_per_minute') from public.organizations o where o.id = tenant;
end $$;

-- For whom runs the installation. A smaller plan takes nothing away: it refuses what is added.
create function app.set_plan(tenant uuid, plan text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.require_operator();
  if not exists (select from public.plans p where p.name = set_plan.plan) then
    raise exception using errcode = 'GR404', message = 'no such plan';
  end if;
  update public.organizations o set plan = set_plan.plan where o.id = tenant;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such organization';
  end if;
end $$;

create function app.override_entitlement(tenant uuid, entitlement text, value bigint, reason text, expires_at timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  entitlement_kind text;
begin
  perform app.require_operator();
  select e.kind into entitlement_kind from public.entitlements e where e.name = override_entitlement.entitlement;
  if entitlement_kind is null or not exists (select from public.organizations o where o.id = tenant) then
    raise exception using errcode = 'GR404', message = 'no such organization or entitlement';
  end if;
  if entitlement_kind = 'feature' and (value is null or value > 1) then
    raise exception using errcode = 'GR400', message = 'a feature is included (1) or not (0)';
  end if;
  insert into public.entitlement_overrides as o (tenant_id, entitlement, value, reason, expires_at)
    values (tenant, override_entitlement.entitlement, override_entitlement.value, override_entitlement.reason, override_entitlement.expires_at)
    on conflict on constraint entitlement_overrides_pkey do update
      set value = excluded.value, reason = excluded.reason, expires_at = excluded.expires_at, created_at = now();
end $$;

create function app.end_override(tenant uuid, entitlement text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.require_operator();
  delete from public.entitlement_overrides o where o.tenant_id = tenant and o.entitlement = end_override.entitlement;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such override';
  end if;
end $$;

revoke all on function app.default_plan, app.entitlement_of, app.usage_of, app.require_room, app.require_feature, app.count_one,
  app.count_rows, app.need_feature, app.usage_in, app.request_allowance,
  app.set_plan, app.override_entitlement, app.end_override from public;
grant execute on function app.usage_in to authenticated;
grant execute on function app.request_allowance, app.set_plan, app.override_entitlement, app.end_override to granary_identity;
