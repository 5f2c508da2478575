-- Names for versions, making an older version current again, and copying one that is too large to be copied on the way.

-- A name for a version, which from now on is kept as it is: writers hold the same lock, so what they wrote is in it, and
-- what they write next goes to a copy. SQLSTATE GR404: no such dataset or version; GR412: the version has no rows of its own.
create function app.set_alias(dataset uuid, name text, version integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked constant public.datasets := app.lock_dataset(dataset);
  named public.dataset_versions;
begin
  if name in ('current', 'latest') or name !~ '^[a-z][a-z0-9_-]{0,62}$' then
    raise exception using errcode = 'GR400', message = format('%s cannot be an alias', to_jsonb(left(name, 100)));
  end if;
  named := app.ready_version(locked, version);
  insert into public.dataset_aliases as a (tenant_id, dataset_id, name, version_id, moved_by)
    values (locked.tenant_id, locked.id, set_alias.name, named.id, app.user_id())
    on conflict on constraint dataset_aliases_pkey do update set version_id = excluded.version_id, moved_by = excluded.moved_by, moved_at = now()
      where a.version_id <> excluded.version_id;
  if found then
    insert into public.dataset_alias_moves (tenant_id, dataset_id, name, version_number, moved_by)
      values (locked.tenant_id, locked.id, set_alias.name, named.number, app.user_id());
  end if;
end $$;

create function app.remove_alias(dataset uuid, name text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked constant public.datasets := app.lock_dataset(dataset);
begin
  delete from public.dataset_aliases a
    where a.tenant_id = locked.tenant_id and a.dataset_id = locked.id and a.name = remove_alias.name;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such alias';
  end if;
  insert into public.dataset_alias_moves (tenant_id, dataset_id, name, moved_by)
    values (locked.tenant_id, locked.id, remove_alias.name, app.user_id());
end $$;

-- The version of a locked dataset with this number, which has rows of its own.
create function app.ready_version(locked public.datasets, number integer) returns public.dataset_versions
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_version public.dataset_versions;
begin
  select v.* into found_version from public.dataset_versions v
    where v.tenant_id = locked.tenant_id and v.dataset_id = locked.id and v.number = ready_version.number;
  if found_version.id is null then
    raise exception using errcode = 'GR404', message = format('the dataset has no version %s', number);
  end if;
  if found_version.state <> 'ready' then
    raise exception using errcode = 'GR412', message = format('version %s is %s: it has no rows to read', number, found_version.state),
      detail = jsonb_build_object('version', number, 'state', found_version.state)::text;
  end if;
  return found_version;
end $$;

-- Makes an older version current again. The next load that is asked for takes its place as ever; one that was asked for
-- before does not (app.make_current), because this was asked for later.
create function app.restore_version(dataset uuid, version integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked constant public.datasets := app.lock_dataset(dataset);
  restored constant public.dataset_versions := app.ready_version(locked, version);
begin
  update public.datasets d set current_version_id = restored.id, updated_at = now(),
      settled_number = (select max(v.number) from public.dataset_versions v where v.tenant_id = locked.tenant_id and v.dataset_id = locked.id)
    where d.tenant_id = locked.tenant_id and d.id = locked.id;
end $$;

-- A copy of the frozen current version, for a job to fill; until that is done, nothing is written to the dataset's rows.
-- SQLSTATE GR409: one is under way; GR412: there is no need for one.
create function app.request_copy(dataset uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  head constant public.dataset_versions := app.lock_head(dataset);
begin
  if exists (select from public.dataset_versions v
      where v.tenant_id = head.tenant_id and v.copied_from = head.id and v.state = 'loading') then
    raise exception using errcode = 'GR409', message = 'the current version is being copied already';
  end if;
  if not app.version_is_frozen(head.id) then
    raise exception using errcode = 'GR412', message = 'nothing refers to the current version: it can be changed as it is';
  end if;
  return app.begin_copy(head, app.user_id());
end $$;

-- Fills a copy that was asked for and makes it current. False, having done nothing, where that is done already; SQLSTATE
-- GR409 where another version became current meanwhile, so that the copy is of no use.
create function app.finish_copy(copy uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.dataset_versions;
  current_id uuid;
begin
  -- a second worker, which took over while the first was only slow, waits here
  perform pg_advisory_xact_lock(hashtextextended(copy::text, 0));
  select v.* into target from public.dataset_versions v where v.id = copy and v.state = 'loading';
  if target.id is null then
    return false;
  end if;
  perform app.fill_copy(copy);
  select d.current_version_id into current_id from public.datasets d where d.tenant_id = target.tenant_id and d.id = target.dataset_id for update;
  if current_id is distinct from target.copied_from then
    raise exception using errcode = 'GR409', message = 'another version became current while this one was copied',
      detail = jsonb_build_object('version', (select v.number from public.dataset_versions v where v.id = current_id))::text;
  end if;
  update public.datasets d set current_version_id = copy, updated_at = now()
    where d.tenant_id = target.tenant_id and d.id = target.dataset_id;
  return true;
end $$;

select jobs.create_queue('dataset.copy', '{"policy": "standard", "retryLimit": 2, "retryDelay": 1, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');

-- As before, but the version is named as text: a number in digits, or an alias.
drop function app.open_dataset(text, uuid, integer);
create function app.open_dataset(permission text, dataset uuid, version text) returns uuid
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  me constant uuid := claims ->> 'sub';
  active constant uuid := claims ->> 'tenant_id';
  owner uuid;
  found_version uuid;
begin
  if not app.may(permission, active) then
    perform app.open_session(permission); -- says why
  end if;
  select d.owner_id, v.id into owner, found_version
    from public.datasets d join public.dataset_versions v on v.tenant_id = d.tenant_id and v.dataset_id = d.id
    where d.tenant_id = active and d.id = dataset and v.state = 'ready'
      and v.id = case
        when version is null then d.current_version_id
        when version ~ '^\d{1,9}$' then
          (select n.id from public.dataset_versions n where n.tenant_id = active and n.dataset_id = dataset and n.number = version::integer)
        else (select a.version_id from public.dataset_aliases a where a.tenant_id = active and a.dataset_id = dataset and a.name = version) end;
  if found_version is null or not (owner = me or app.reaches_dataset(me, active, dataset, owner, 'read')) then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  return found_version;
end $$;

revoke all on function app.set_alias, app.remove_alias, app.ready_version, app.restore_version, app.request_copy,
  app.finish_copy, app.open_dataset from public;
grant execute on function app.set_alias, app.remove_alias, app.restore_version, app.request_copy to granary_member;
grant execute on function app.finish_copy to granary_worker;
grant execute on function app.open_dataset to granary_api, granary_worker;
