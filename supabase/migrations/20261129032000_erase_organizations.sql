-- Erasing an organization whose time of grace is over: in steps of one transaction each, every one of which looks for what
-- is left, so that whatever a crash interrupts the next step goes on (docs/adr/0023). What there is to erase comes from the
-- catalogue: a table of tenants that is added later is emptied as well.

-- Tables with rows of organizations, apart from those whose rows are taken away by name: objects (references first, then
-- the collector) and the organization itself.
create function app.tables_of_tenants() returns setof regclass
  language sql stable security definer set search_path = '' as $$
  select c.oid::regclass from pg_catalog.pg_class c
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relkind = 'r'
    and c.relnamespace in ('public'::regnamespace, 'identity'::regnamespace, 'staging'::regnamespace)
    and c.oid not in ('public.stored_objects'::regclass, 'public.doomed_objects'::regclass)
  order by 1
$$;

-- Whether rows of the organization in other tables may refer to those of this one, which would go with them, or hold them.
create function app.is_referred_to(subject regclass, tenant uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  referring regclass;
  found_any boolean;
begin
  for referring in
    select distinct f.conrelid::regclass from pg_catalog.pg_constraint f
    where f.contype = 'f' and f.confrelid = subject and f.conrelid <> subject and f.conrelid in (select app.tables_of_tenants())
  loop
    execute format('select exists (select from %s where tenant_id = $1)', referring) into found_any using tenant;
    if found_any then
      return true;
    end if;
  end loop;
  return false;
end $$;

-- The tables of the organization's rows.
create function app.data_tables_of(tenant uuid, at_most integer) returns setof name
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select c.relname from pg_catalog.pg_class c
    where c.relnamespace = 'data'::regnamespace and c.relkind = 'r' and c.relname ~ '^v_[0-9a-f]{32}_p\d+$'
      and exists (select from public.dataset_versions v where v.tenant_id = tenant and v.id = substr(c.relname, 3, 32)::uuid)
    limit at_most;
end $$;

-- Organizations that are due, those first that were begun.
create function app.organizations_to_erase() returns setof uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select o.id from public.organizations o where o.erase_after <= now()
    order by o.erasing_since nulls last, o.erase_after;
end $$;

-- One step: what it did; or `objects` when all that is left are objects to be removed from the store, `nothing left` when
-- there is only the organization; or null when it is not due (any more), so that nothing of it may be touched. `batch`: how
-- many rows, at most, one step deletes.
create function app.erase_organization_step(tenant uuid, batch integer) returns text
  language plpgsql volatile security definer set search_path = '' set lock_timeout = '5s' as $$
declare
  due public.organizations;
  each_table regclass;
  each_name name;
  object record;
  affected bigint;
  total bigint := 0;
  is_stuck boolean := false;
begin
  select * into due from public.organizations o where o.id = tenant and o.erase_after <= now() for update;
  if due.id is null then
    return null;
  end if;

  -- from here on there is no way back: first of all what is encrypted becomes unreadable, wherever copies of it are
  if due.erasing_since is null then
    update public.organizations o set erasing_since = now() where o.id = tenant;
    update public.encryption_keys k set wrapped = null, destroyed_at = coalesce(k.destroyed_at, now()),
      retired_at = coalesce(k.retired_at, now()) where k.tenant_id = tenant;
    delete from jobs.job j where j.data ->> 'tenantId' = tenant::text;
    return 'keys';
  end if;

  perform set_config('granary.audit', 'maintained', true); -- its own trail goes as well

  for each_name in select * from app.data_tables_of(tenant, 20) loop
    execute format('drop table data.%I', each_name);
    total := total + 1;
  end loop;
  if total > 0 then
    return 'data tables';
  end if;

  -- in batches, those first that nothing refers to any more
  for each_table in select * from app.tables_of_tenants() loop
    continue when app.is_referred_to(each_table, tenant);
    begin
      execute format('delete from %1$s where ctid = any (array(select ctid from %1$s where tenant_id = $1 limit $2))', each_table)
        using tenant, batch;
      get diagnostics affected = row_count;
      if affected > 0 then
        return each_table::text;
      end if;
    exception when foreign_key_violation then
      null; -- its rows refer to each other
    end;
  end loop;

  -- versions refer to each other and to their dataset, hence with it
  update public.datasets d set current_version_id = null where d.tenant_id = tenant and d.id in (
    select e.id from public.datasets e where e.tenant_id = tenant order by e.id limit 20);
  delete from public.datasets d where d.tenant_id = tenant and d.id in (
    select e.id from public.datasets e where e.tenant_id = tenant order by e.id limit 20);
  get diagnostics affected = row_count;
  if affected > 0 then
    return 'datasets';
  end if;

  -- what refers to each other goes as a whole
  for each_table in select * from app.tables_of_tenants() loop
    begin
      execute format('delete from %s where tenant_id = $1', each_table) using tenant;
      get diagnostics affected = row_count;
      if affected > 0 then
        return each_table::text;
      end if;
    exception when foreign_key_violation then
      is_stuck := true;
    end;
  end loop;
  if is_stuck then
    raise exception 'rows of organization % refer to each other in a circle', tenant;
  end if;

  for object in select o.sha256 from public.stored_objects o where o.tenant_id = tenant limit batch loop
    if not app.doom_object(tenant, object.sha256) then
      raise exception 'something still refers to an object of organization %', tenant;
    end if;
    total := total + 1;
  end loop;
  if total > 0 then
    return 'stored objects';
  end if;
  if exists (select from public.doomed_objects d where d.tenant_id = tenant) then
    return 'objects';
  end if;
  -- what was queued meanwhile; asked for once, because the queue is not sorted by organizations
  delete from jobs.job j where j.data ->> 'tenantId' = tenant::text;
  return 'nothing left';
end $$;

-- The last step, once the store has nothing of it either: the organization goes, and what is left is that it was erased.
-- False where something is left, or it is gone already.
create function app.finish_erasure(tenant uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  due public.organizations;
begin
  if app.erase_organization_step(tenant, 1000) is distinct from 'nothing left' then
    return false;
  end if;
  delete from public.organizations o where o.id = tenant returning * into strict due;
  perform app.record_event(null, 'organization.erased', 'done', 'organization', tenant,
    jsonb_build_object('createdAt', due.created_at, 'closedAt', due.closed_at), 'DELETE');
  return true;
end $$;

revoke all on function app.tables_of_tenants, app.is_referred_to, app.data_tables_of, app.organizations_to_erase, app.erase_organization_step,
  app.finish_erasure from public;
grant execute on function app.organizations_to_erase, app.erase_organization_step, app.finish_erasure to granary_worker;
