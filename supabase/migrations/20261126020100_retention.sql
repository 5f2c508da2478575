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

-- Removes a version with its tables, quarantine, history, and the deliveries that were merged into it. Its callers lock the
-- dataset's row. Whoever reads the tables is not waited for long, because new readers would wait behind us.
-- GR412: something refers to it. GR409: it is being read.
create function app.remove_version(version uuid) returns void
  language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  removed public.dataset_versions;
begin
  select v.* into removed from public.dataset_versions v where v.id = version;
  update public.datasets d set highest_removed_version = greatest(d.highest_removed_version, (
      select max(v.number) from public.dataset_versions v
      where v.tenant_id = d.tenant_id and v.dataset_id = d.id and version in (v.id, v.merged_into)))
    where d.tenant_id = removed.tenant_id and d.id = removed.dataset_id;
  delete from public.dataset_versions v where v.tenant_id = removed.tenant_id and v.id = version;
exception
  when foreign_key_violation then
    raise exception using errcode = 'GR412', message = 'something refers to this version';
  when lock_not_available then
    raise exception using errcode = 'GR409', message = 'the version is being read, try again';
end $$;

create function app.delete_version(dataset uuid, number integer) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked public.datasets;
  found_version public.dataset_versions;
  problem text;
begin
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  select d.* into locked from public.datasets d where d.id = dataset for update;
  select v.* into found_version from public.dataset_versions v
    where v.tenant_id = locked.tenant_id and v.dataset_id = dataset and v.number = delete_version.number;
  if found_version.id is null then
    raise exception using errcode = 'GR404', message = 'no such version';
  end if;
  problem := case
    when found_version.id = locked.current_version_id then 'the current version cannot be deleted'
    when found_version.state = 'loading' then 'the version is being loaded'
    when found_version.state = 'merged' then 'its rows stand in another version, which it is deleted with'
    when app.version_is_frozen(found_version.id) then 'something refers to this version' end;
  if problem is not null then
    raise exception using errcode = 'GR412', message = problem, detail = jsonb_build_object('version', number)::text;
  end if;
  perform app.remove_version(found_version.id);
  return found_version.id;
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

-- Versions that a dataset does not keep any longer: never the current one, one that is being loaded, or a frozen one. A
-- merged delivery goes with the version that it was merged into.
create function app.versions_past_retention(dataset uuid) returns setof uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query
    select v.id from public.datasets d
    join public.dataset_versions v on v.tenant_id = d.tenant_id and v.dataset_id = d.id
    where d.id = dataset and num_nonnulls(d.keep_versions, d.keep_days) > 0
      and v.state in ('ready', 'failed') and v.id is distinct from d.current_version_id
      and (d.keep_days is null or coalesce(v.published_at, v.created_at) < now() - make_interval(days => d.keep_days))
      and (d.keep_versions is null or d.keep_versions <= (
        select count(*) from public.dataset_versions newer
        where newer.tenant_id = d.tenant_id and newer.dataset_id = d.id and newer.state = 'ready' and newer.number > v.number))
      and not app.version_is_frozen(v.id)
    order by v.number;
end $$;

create function app.datasets_past_retention() returns setof uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query
    select d.id from public.datasets d
    where num_nonnulls(d.keep_versions, d.keep_days) > 0 and exists (select from app.versions_past_retention(d.id));
end $$;

-- Removes what one dataset does not keep any longer, and says so in its organization's audit. A version that is being read,
-- or that something refers to, stays until the next run. Returns the numbers.
create function app.apply_retention(dataset uuid) returns integer[]
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant uuid;
  version public.dataset_versions;
  removed integer[] := '{}';
begin
  select d.tenant_id into tenant from public.datasets d where d.id = dataset for update;
  for version in
    select v.* from app.versions_past_retention(dataset) past (id) join public.dataset_versions v on v.id = past.id
  loop
    begin
      perform app.remove_version(version.id);
      removed := removed || version.number;
    exception when sqlstate 'GR409' or sqlstate 'GR412' then
      null;
    end;
  end loop;
  if removed <> '{}' then
    perform set_config('request.jwt.claims', jsonb_build_object('tenant_id', tenant)::text, true);
    perform app.audit('datasets.retention', 'done', 'dataset', dataset, jsonb_build_object('versions', removed));
  end if;
  return removed;
end $$;

revoke all on function app.number_version, app.remove_version, app.delete_version, app.retain_versions,
  app.versions_past_retention, app.datasets_past_retention, app.apply_retention from public;
grant execute on function app.delete_version, app.retain_versions to granary_member;
grant execute on function app.datasets_past_retention, app.apply_retention to granary_worker;
