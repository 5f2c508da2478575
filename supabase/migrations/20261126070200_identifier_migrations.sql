-- A column that turns out to identify people after rows were loaded: the file is sealed, loaded again with pseudonyms, and
-- every version that holds the values is removed.
select jobs.create_queue('dataset.pseudonymise', '{"policy": "standard", "retryLimit": 2, "retryDelay": 1, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');

-- The version that this one was made from, which is gone when all is done: hence no reference.
alter table public.dataset_versions add column migrated_from uuid;

-- Versions that hold values of declared identifiers, or whose original is not sealed although there are identifiers.
create function app.versions_with_identifiers(dataset uuid) returns setof public.dataset_versions
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select v.* from public.dataset_versions v
    join public.datasets d on d.tenant_id = v.tenant_id and d.id = v.dataset_id
    where d.id = dataset and d.identifiers <> '{}'
      and ((v.state <> 'failed' and not v.identifiers @> d.identifiers) or (v.original_sha256 is not null and v.sealed_file_id is null));
end $$;

-- Raises GR412 where versions cannot be replaced by pseudonymised ones: a running load, a version that something refers to,
-- a current version that is not what its original says. Its callers hold the dataset's lock.
create function app.require_migratable(dataset uuid) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  listed integer[];
  present public.dataset_versions;
begin
  select array_agg(v.number order by v.number) into listed from app.versions_with_identifiers(dataset) v where v.state = 'loading';
  if listed is not null then
    raise exception using errcode = 'GR412', message = 'a load of the dataset is running; declare identifiers when it has ended',
      detail = jsonb_build_object('versions', listed)::text;
  end if;
  select array_agg(v.number order by v.number) into listed
    from app.versions_with_identifiers(dataset) v where app.version_is_frozen(v.id);
  if listed is not null then
    raise exception using errcode = 'GR412',
      message = 'versions that hold these columns as they are cannot be removed, because something refers to them',
      detail = jsonb_build_object('versions', listed)::text;
  end if;
  select v.* into present from app.versions_with_identifiers(dataset) v
    join public.datasets d on d.tenant_id = v.tenant_id and d.current_version_id = v.id;
  if present.id is not null and present.original_sha256 is null then
    raise exception using errcode = 'GR412', message = 'the rows cannot be loaded again: the original of the current version was not kept',
      detail = jsonb_build_object('versions', array[present.number])::text;
  end if;
  if present.id is not null and (present.mode <> 'replace' or present.change_count > 0 or present.copied_from is not null) then
    raise exception using errcode = 'GR412',
      message = 'the rows cannot be loaded again: they were changed since, and loading the original would undo that',
      detail = jsonb_build_object('versions', array[present.number])::text;
  end if;
end $$;

-- Which columns identify people; answers whether versions have to be replaced for it. What was replaced in rows that are
-- there stays declared.
create function app.declare_identifiers(dataset uuid, names text[]) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  before text[];
begin
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  if names = '{}' then
    raise exception using errcode = 'GR400', message = 'name at least one column';
  end if;
  select d.identifiers into before from public.datasets d where d.id = dataset for update;
  if exists (select from public.dataset_versions v
      where v.dataset_id = dataset and v.state <> 'failed' and not names @> v.identifiers) then
    raise exception using errcode = 'GR412', message = 'identifiers of a dataset with rows can be added, not taken back',
      detail = jsonb_build_object('identifiers', before)::text;
  end if;
  update public.datasets d set identifiers = names, updated_at = now() where d.id = dataset;
  perform app.require_migratable(dataset);
  return exists (select from app.versions_with_identifiers(dataset));
end $$;

-- The next version of the dataset, from the sealed copy of its current version's original, or, where that is sealed already,
-- from the original itself (`sealed_file` is null then); or the one that was made before.
create function app.begin_identifier_migration(
  dataset uuid, source uuid, sealed_file uuid, key uuid, wrapped bytea, sha256 text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  former public.dataset_versions;
  version uuid;
begin
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  perform from public.datasets d where d.id = dataset for update;
  select v.id into version from public.dataset_versions v
    where v.dataset_id = dataset and v.migrated_from = source and v.state <> 'failed';
  if version is not null then
    return version;
  end if;
  select v.* into former from app.versions_with_identifiers(dataset) v
    join public.datasets d on d.tenant_id = v.tenant_id and d.current_version_id = v.id where v.id = source;
  if former.id is null then
    raise exception using errcode = 'GR409', message = 'the current version of the dataset is another one by now';
  end if;
  perform app.require_migratable(dataset);
  if (sealed_file is null) <> (former.sealed_file_id is not null) then
    raise exception using errcode = 'GR409', message = 'the original of the current version is another one by now';
  end if;
  if sealed_file is not null then
    insert into public.sealed_files (tenant_id, id, dataset_id, key_id, wrapped, sha256)
      select former.tenant_id, sealed_file, dataset, k.id, begin_identifier_migration.wrapped, begin_identifier_migration.sha256
      from public.encryption_keys k
      where k.tenant_id = former.tenant_id and k.id = key and k.dataset_id = dataset and k.retired_at is null;
    if not found then
      raise exception using errcode = 'GR409', message = 'the key of the dataset was rotated meanwhile; try again';
    end if;
  end if;
  insert into public.dataset_versions (tenant_id, dataset_id, number, original_sha256, original_bytes, original_name, options, created_by, migrated_from)
    select former.tenant_id, dataset, max(v.number) + 1, coalesce(begin_identifier_migration.sha256, former.original_sha256), former.original_bytes,
      former.original_name, former.options, app.user_id(), former.id
    from public.dataset_versions v where v.tenant_id = former.tenant_id and v.dataset_id = dataset
    returning id into version;
  insert into public.dataset_loads (tenant_id, dataset_id, version_id, bytes_total)
    values (former.tenant_id, dataset, version, former.original_bytes);
  return version;
end $$;

-- Removes every version that holds what was declared since, with its rows, quarantine and history, once the dataset's
-- current version does not. The plain originals are referred to by nothing of this dataset then: the uploads that they came
-- by are given up. Answers how many versions are gone.
create function app.finish_identifier_migration(dataset uuid) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  gone uuid[];
begin
  perform from public.datasets d where d.id = dataset for update;
  if exists (select from app.versions_with_identifiers(dataset) v
      join public.datasets d on d.tenant_id = v.tenant_id and d.current_version_id = v.id) then
    raise exception using errcode = 'GR412', message = 'the current version still holds what was declared';
  end if;
  perform app.require_migratable(dataset);
  select coalesce(array_agg(v.id), '{}') into gone from app.versions_with_identifiers(dataset) v;
  update public.uploads u set state = 'aborted', sha256 = null
    from public.dataset_versions v
    where v.id = any (gone) and u.tenant_id = v.tenant_id and u.user_id = v.created_by and u.state = 'finished'
      and u.sha256 = v.original_sha256 and u.sealed_file_id is null and u.finished_at <= v.created_at;
  delete from public.dataset_versions v where v.id = any (gone);
  return cardinality(gone);
end $$;

revoke all on function app.versions_with_identifiers, app.require_migratable, app.declare_identifiers,
  app.begin_identifier_migration, app.finish_identifier_migration from public;
grant execute on function app.declare_identifiers, app.begin_identifier_migration to granary_member;
grant execute on function app.finish_identifier_migration to granary_worker;
