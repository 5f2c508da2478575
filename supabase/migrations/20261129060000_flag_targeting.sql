-- Whom a flag is on for, and until when. The rule is packages/domain/src/flags/evaluate-flag.ts; app.flag_for is the same one
-- for what the database itself decides, and a test compares them.
alter table public.feature_flags
  add column description text not null default '' check (char_length(description) <= 2000),
  -- from then on it is as if nobody had ever touched it: what the code says holds
  add column expires_at timestamptz,
  -- how many in a hundred of those that no target names have it
  add column rollout numeric(5, 2) not null default 100 check (rollout between 0 and 100),
  add column split_by text not null default 'user' check (split_by in ('user', 'tenant'));

-- descriptions are for operators: whoever is signed in asks flags.evaluate
revoke select on public.feature_flags from authenticated;
drop policy feature_flags_read on public.feature_flags;
create policy feature_flags_read on public.feature_flags for select to granary_identity using (true);

-- Who gets a flag, or does not, whatever its rollout says. In the closed schema: it names people and organizations.
create table identity.flag_targets (
  codename text not null references public.feature_flags (codename) on delete cascade,
  tenant_id uuid references public.organizations (id) on delete cascade,
  user_id uuid references public.users (id) on delete cascade,
  is_on boolean not null,
  created_at timestamptz not null default now(),
  check (num_nonnulls(tenant_id, user_id) = 1),
  unique nulls not distinct (codename, tenant_id, user_id)
);
create index flag_targets_tenant on identity.flag_targets (tenant_id);
create index flag_targets_user on identity.flag_targets (user_id);

-- Grows with every change of a flag, so that a process learns of one by reading one row: a pooler in transaction mode has no
-- LISTEN. A row and not a sequence: what is read and the number are of the same moment.
create table identity.flag_changes (
  is_the_only boolean primary key default true check (is_the_only),
  version bigint not null default 1
);
insert into identity.flag_changes default values;

alter table identity.flag_targets enable row level security, force row level security;
create policy flag_targets_read on identity.flag_targets for select to granary_identity using (true);
alter table identity.flag_changes enable row level security, force row level security;
create policy flag_changes_read on identity.flag_changes for select to granary_identity using (true);
grant select on identity.flag_targets, identity.flag_changes to granary_identity;

create function app.count_flag_change() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update identity.flag_changes set version = version + 1;
  return null;
end $$;
-- for each row, so that the end of an organization that no flag names waits for nobody
create trigger count_change after insert or update or delete on public.feature_flags
  for each row execute function app.count_flag_change();
create trigger count_change after insert or update or delete on identity.flag_targets
  for each row execute function app.count_flag_change();

-- Every flag with its targets; null to whoever has this version already. One statement, so one moment.
create function app.flag_snapshot(known bigint) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
declare
  current_version constant bigint := (select c.version from identity.flag_changes c);
begin
  if current_version is not distinct from known then
    return null;
  end if;
  return jsonb_build_object('version', current_version, 'flags', coalesce((
    select jsonb_agg(jsonb_build_object(
      'codename', f.codename, 'isActive', f.is_active, 'rollout', f.rollout, 'splitBy', f.split_by,
      'expiresAt', case when f.expires_at is null then null else extract(epoch from f.expires_at) * 1000 end,
      'users', (select coalesce(jsonb_object_agg(t.user_id, t.is_on), '{}') from identity.flag_targets t
        where t.codename = f.codename and t.user_id is not null),
      'tenants', (select coalesce(jsonb_object_agg(t.tenant_id, t.is_on), '{}') from identity.flag_targets t
        where t.codename = f.codename and t.tenant_id is not null)))
    from public.feature_flags f), '[]'));
end $$;

-- Where somebody stands in a flag's rollout, of 10,000: the first four bytes of SHA-256 over `codename:id`.
create function app.flag_bucket(codename text, id uuid) returns integer
  language plpgsql immutable security definer set search_path = '' as $$
begin
  return ('x' || encode(substring(sha256(convert_to(codename || ':' || id, 'UTF8')) for 4), 'hex'))::bit(32)::bigint % 10000;
end $$;

-- Whether a flag is on for somebody; coded: what the code says where the database does not.
create function app.flag_for(codename text, person uuid, tenant uuid, coded boolean) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  flag public.feature_flags;
  targeted boolean;
  unit uuid;
begin
  select * into flag from public.feature_flags f where f.codename = flag_for.codename;
  if not found or flag.expires_at <= now() then
    return coded;
  end if;
  if not flag.is_active then
    return false;
  end if;
  select t.is_on into targeted from identity.flag_targets t
    where t.codename = flag_for.codename and (t.user_id = person or t.tenant_id = tenant)
    order by t.user_id is null limit 1;
  if found then
    return targeted;
  end if;
  if flag.rollout in (0, 100) then
    return flag.rollout = 100;
  end if;
  unit := case flag.split_by when 'user' then person else tenant end;
  return case when unit is null then coded else app.flag_bucket(flag_for.codename, unit) < flag.rollout * 100 end;
end $$;

-- For everybody, as before there is a person or an organization. What is asked here is off in the code.
create or replace function app.flag_is_on(codename text) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.flag_for(codename, null, null, false);
end $$;

revoke all on function app.count_flag_change, app.flag_snapshot, app.flag_bucket, app.flag_for from public;
grant execute on function app.flag_snapshot to granary_identity;
