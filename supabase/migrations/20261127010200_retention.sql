-- How long a dataset keeps its versions, and how one is removed before its time.
alter table public.datasets
  -- a version is kept while it is among so many newest ones, or younger than so many days; both null: for ever
  add column keep_versions integer check (keep_versions > 0),
  add column keep_days integer check (keep_days > 0),
  -- so that no version gets the number of one that was removed
  add column highest_removed_version integer not null default 0;

create function app.number_version() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  new.number := greatest(new.number, (select d.highest_removed_version + 1 from public.datasets d
    where d.tenant_id = new.tenant_id and d.id = new.dataset_id));
  return new;
end $$;
create trigger number_version before insert on public.dataset_versions for each row execute function app.number_version();

-- What keeps a version from being removed, by kind; null where nothing does. Whoever makes such a reference locks the
-- dataset's row, or, for an export, the version's.
create function app.references_to_version(version public.dataset_versions) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_aliases constant jsonb := (select jsonb_agg(a.name order by a.name) from public.dataset_aliases a
    where a.tenant_id = version.tenant_id and a.dataset_id = version.dataset_id and a.version_id = version.id);
begin
  return nullif(jsonb_strip_nulls(jsonb_build_object(
    'current', (select true from public.datasets d
      where d.tenant_id = version.tenant_id and d.id = version.dataset_id and d.current_version_id = version.id),
    'aliases', found_aliases,
    'frozen', case when found_aliases is null and app.version_is_frozen(version.id) then true end,
    'copies', (select jsonb_agg(v.number order by v.number) from public.dataset_versions v
      where v.tenant_id = version.tenant_id and v.copied_from = version.id and v.state = 'loading'),
    'exports', (select nullif(count(*), 0) from public.dataset_exports e
      where e.tenant_id = version.tenant_id and e.dataset_id = version.dataset_id and e.version_id = version.id
        and e.state in ('queued', 'running')))), '{}');
end $$;

-- Removes a version's rows, statistics and exports, and lets go of its original. The rest goes as well, with the deliveries that were merged into it,
-- unless the rows of a version that is kept came from there: by a copy, or by a change set that names it as its source. Then
-- its changes and its quarantine are a part of that one's past, and go with it. Its callers lock the dataset's row. Whoever
-- reads the tables is waited for as long as a job takes to notice (yieldToOthers), because new readers wait behind us. GR409: it is being read.
create function app.remove_version(removed public.dataset_versions) returns void
  language plpgsql volatile security definer set search_path = '' set lock_timeout = '5s' as $$
declare
  part smallint;
begin
  for part in select distinct c.chunk from public.dataset_columns c
    where c.tenant_id = removed.tenant_id and c.version_id = removed.id
  loop
    execute format('drop table if exists data.%I', app.data_table_name(removed.id, part));
  end loop;
  delete from public.dataset_statistics s where s.tenant_id = removed.tenant_id and s.version_id = removed.id;
  delete from public.dataset_exports e
    where e.tenant_id = removed.tenant_id and e.dataset_id = removed.dataset_id and e.version_id = removed.id;
  update public.dataset_versions v set state = 'removed', original_sha256 = null
    where v.tenant_id = removed.tenant_id and v.id = removed.id;
  update public.datasets d set highest_removed_version = (
      select greatest(d.highest_removed_version, max(v.number)) from public.dataset_versions v
      where v.tenant_id = d.tenant_id and v.dataset_id = d.id)
    where d.tenant_id = removed.tenant_id and d.id = removed.dataset_id;
  with recursive kept as (
    select v.id, v.copied_from from public.dataset_versions v
      where v.tenant_id = removed.tenant_id and v.dataset_id = removed.dataset_id and v.state in ('ready', 'loading')
    union
    select v.id, v.copied_from from kept
      join public.dataset_versions v on v.tenant_id = removed.tenant_id and v.dataset_id = removed.dataset_id
        and (v.id = kept.copied_from or v.id in (
          -- a delivery lives with the version that it was merged into
          select coalesce(source.merged_into, source.id) from public.dataset_change_sets s
          join public.dataset_versions source on source.tenant_id = s.tenant_id and source.id = s.source_version_id
          where s.tenant_id = removed.tenant_id and s.version_id = kept.id))
  )
  delete from public.dataset_versions v
    where v.tenant_id = removed.tenant_id and v.dataset_id = removed.dataset_id and v.state = 'removed'
      and v.id not in (select k.id from kept k);
exception when lock_not_available then
  raise exception using errcode = 'GR409', message = format('version %s is being read, try again', removed.number),
    detail = jsonb_build_object('version', removed.number)::text;
end $$;

-- GR404: no such dataset for who administers it, or no such version; GR412: something refers to it (detail: what), or it has
-- no rows of its own; GR409: it is being read.
create function app.delete_version(dataset uuid, number integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked public.datasets;
  found_version public.dataset_versions;
  referring jsonb;
begin
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  select d.* into locked from public.datasets d where d.id = dataset for update;
  select v.* into found_version from public.dataset_versions v
    where v.tenant_id = locked.tenant_id and v.dataset_id = dataset and v.number = delete_version.number and v.state <> 'removed'
    for update;
  if found_version.id is null then
    raise exception using errcode = 'GR404', message = format('the dataset has no version %s', number);
  end if;
  if found_version.state in ('loading', 'merged') then
    raise exception using errcode = 'GR412', message = format(case found_version.state
        when 'loading' then 'version %s is being loaded'
        else 'the rows of version %s stand in another one, with which it is deleted' end, number),
      detail = jsonb_build_object('version', number, 'state', found_version.state)::text;
  end if;
  referring := app.references_to_version(found_version);
  if referring is not null then
    raise exception using errcode = 'GR412', message = format('version %s is kept, because something refers to it: %s', number,
        (select string_agg(kind, ', ' order by kind) from jsonb_object_keys(referring) kind)),
      detail = jsonb_build_object('version', number, 'referredToBy', referring)::text;
  end if;
  perform app.remove_version(found_version);
end $$;

create function app.retain_versions(dataset uuid, keep_versions integer, keep_days integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  update public.datasets d
    set keep_versions = retain_versions.keep_versions, keep_days = retain_versions.keep_days, updated_at = now()
    where d.id = dataset;
end $$;

-- Versions that a dataset does not keep any longer: never one that something refers to. What failed counts as no version of
-- the newest ones, and goes with its time.
create function app.versions_past_retention(dataset uuid) returns setof public.dataset_versions
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query
    select v.* from public.datasets d
    join public.dataset_versions v on v.tenant_id = d.tenant_id and v.dataset_id = d.id
    where d.id = dataset and num_nonnulls(d.keep_versions, d.keep_days) > 0 and v.state in ('ready', 'failed')
      and (d.keep_days is null or coalesce(v.published_at, v.created_at) < now() - make_interval(days => d.keep_days))
      and (d.keep_versions is null or d.keep_versions <= (
        select count(*) from public.dataset_versions newer
        where newer.tenant_id = d.tenant_id and newer.dataset_id = d.id and newer.state = 'ready' and newer.number > v.number))
      and app.references_to_version(v) is null
    order by v.number;
end $$;

-- What the next run of retention would remove, for who may read the dataset: numbers of versions.
create function app.versions_due(dataset uuid) returns integer[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  if not app.may_access_dataset(dataset, 'read') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  return coalesce((select array_agg(v.number order by v.number) from app.versions_past_retention(dataset) v), '{}');
end $$;

create function app.datasets_past_retention() returns setof uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query
    select d.id from public.datasets d
    where num_nonnulls(d.keep_versions, d.keep_days) > 0 and exists (select from app.versions_past_retention(d.id));
end $$;

-- Removes what one dataset does not keep any longer, and says so in its organization's audit. A version that is being read
-- stays until the next run, and so do all while somebody writes to the dataset. Returns the numbers.
create function app.apply_retention(dataset uuid) returns integer[]
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant uuid;
  version public.dataset_versions;
  removed integer[] := '{}';
begin
  select d.tenant_id into tenant from public.datasets d where d.id = dataset for update skip locked;
  if tenant is null then
    return removed;
  end if;
  for version in select v.* from app.versions_past_retention(dataset) v loop
    begin
      -- an export that is asked for right now holds it: then it is asked again, with what became of that
      perform from public.dataset_versions v where v.tenant_id = tenant and v.id = version.id for update;
      continue when not found or app.references_to_version(version) is not null;
      perform app.remove_version(version);
      removed := removed || version.number;
    exception when sqlstate 'GR409' then
      null;
    end;
  end loop;
  if removed <> '{}' then
    perform set_config('request.jwt.claims', jsonb_build_object('tenant_id', tenant)::text, true);
    perform app.audit('datasets.retention', 'done', 'dataset', dataset, jsonb_build_object('versions', removed));
  end if;
  return removed;
end $$;

revoke all on function app.number_version, app.references_to_version, app.remove_version, app.delete_version, app.retain_versions,
  app.versions_past_retention, app.versions_due, app.datasets_past_retention, app.apply_retention from public;
grant execute on function app.delete_version, app.retain_versions, app.versions_due to granary_member;
grant execute on function app.datasets_past_retention, app.apply_retention to granary_worker;
