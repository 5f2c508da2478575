-- Columns that a dataset's rows are to be found and ordered by quickly, in every version that has them. What is declared
-- stands here; whether a version's table has the index is asked of Postgres' own catalogue, which cannot be out of date.
create type app.index_state as enum ('building', 'ready', 'failed');

create table public.dataset_indexes (
  tenant_id uuid not null,
  dataset_id uuid not null,
  column_name text not null check (column_name ~ '^[a-z_][a-z0-9_]*$' and octet_length(column_name) <= 63),
  -- of the current version
  state app.index_state not null default 'building',
  error jsonb,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, dataset_id, column_name),
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  check ((state = 'failed') = (error is not null))
);
create index dataset_indexes_creator on public.dataset_indexes (tenant_id, created_by);

alter table public.dataset_indexes enable row level security, force row level security;
create policy dataset_indexes_read on public.dataset_indexes for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
grant usage on type app.index_state to authenticated, granary_worker;
grant select on public.dataset_indexes to authenticated, granary_worker;
grant update (state, error) on public.dataset_indexes to granary_worker;

-- The indexes that were made for a version's columns, by column. Named after the column's position: names of columns may
-- be as long as names of indexes.
create function app.data_indexes(version uuid) returns table (column_name text, index_name text)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query
    select a.attname::text, i.relname::text
    from public.dataset_columns c
    join pg_catalog.pg_class t on t.relnamespace = 'data'::regnamespace and t.relname = app.data_table_name(version, c.chunk)
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attname = c.name
    join pg_catalog.pg_class i on i.relnamespace = 'data'::regnamespace and i.relname = t.relname || '_i' || c.position
    join pg_catalog.pg_index x on x.indexrelid = i.oid and x.indrelid = t.oid and x.indisvalid
    where c.version_id = version
      and (c.tenant_id, c.dataset_id) = (select v.tenant_id, v.dataset_id from public.dataset_versions v where v.id = version);
end $$;

-- The indexed columns of a version that the caller may read.
create function app.indexed_columns(version uuid) returns text[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((
    select array_agg(i.column_name order by i.column_name)
    from public.dataset_versions v cross join lateral app.data_indexes(v.id) i
    where v.id = version and app.may_access_dataset(v.dataset_id, 'read')), '{}');
end $$;

-- Makes the index of one column of a version, if it is not there: by the column, then by rowid, so that rows of equal
-- value have one order as well, and a page can begin in the midst of them. Read backwards it serves the descending order.
-- GR400 where the column has no order or holds what is too long for an index (a third of a page).
create function app.create_data_index(version uuid, column_name text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.dataset_columns;
  table_name text;
begin
  select c.* into target from public.dataset_columns c
    join public.dataset_versions v on v.tenant_id = c.tenant_id and v.id = c.version_id
    where v.id = version and c.name = create_data_index.column_name;
  if target.name is null then
    raise exception using errcode = 'GR404', message = format('the version has no column %s', create_data_index.column_name);
  end if;
  if target.type = 'jsonb' then
    raise exception using errcode = 'GR400', message = format('%s holds JSON, which has no order', target.name);
  end if;
  -- two that make the same one wait for each other; the second finds it
  perform pg_advisory_xact_lock(hashtextextended('index ' || version, 0));
  table_name := app.data_table_name(version, target.chunk);
  if to_regclass(format('data.%I', table_name || '_i' || target.position)) is not null then
    return;
  end if;
  execute format('create index %I on data.%I (%I, rowid)', table_name || '_i' || target.position, table_name, target.name);
exception
  when program_limit_exceeded then
    raise exception using errcode = 'GR400',
      message = format('%s holds a value that is too long to be indexed: at most about 2,700 bytes are possible', target.name);
end $$;

-- Makes what is declared for the version's dataset on the version, and notes what came of it if the version is, or is to
-- become, the current one. An index that cannot be made is no reason to fail a load: its error is noted.
create function app.index_version(version uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  indexed public.dataset_versions;
  is_head boolean;
  declared text;
  failure jsonb;
begin
  select v.* into indexed from public.dataset_versions v where v.id = version and v.state in ('loading', 'ready');
  if indexed.id is null then
    return;
  end if;
  for declared in
    select i.column_name from public.dataset_indexes i
    where i.tenant_id = indexed.tenant_id and i.dataset_id = indexed.dataset_id order by i.column_name
  loop
    failure := null;
    begin
      perform app.create_data_index(version, declared);
    exception
      when sqlstate 'GR400' then failure := jsonb_build_object('kind', 'invalid', 'message', sqlerrm);
      when sqlstate 'GR404' then failure := jsonb_build_object('kind', 'not_found', 'message', sqlerrm);
    end;
    -- an older load that ends late says nothing about a newer version
    select coalesce(indexed.number >= current_version.number, true) into is_head
      from public.datasets d left join public.dataset_versions current_version
        on current_version.tenant_id = d.tenant_id and current_version.id = d.current_version_id
      where d.id = indexed.dataset_id;
    update public.dataset_indexes i
      set state = (case when failure is null then 'ready' else 'failed' end)::app.index_state, error = failure
      where i.tenant_id = indexed.tenant_id and i.dataset_id = indexed.dataset_id and i.column_name = declared and is_head
        and (i.state, i.error) is distinct from ((case when failure is null then 'ready' else 'failed' end)::app.index_state, failure);
  end loop;
end $$;

-- Removes indexes that are no longer declared, of all versions. Gives up after a while (lock_not_available) where a long
-- read holds a table, so that nobody queues behind it: the job runs again.
create function app.drop_undeclared_indexes(dataset uuid) returns void
  language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s' as $$
declare
  undeclared text;
begin
  for undeclared in
    select i.index_name from public.dataset_versions v cross join lateral app.data_indexes(v.id) i
    where v.dataset_id = dataset and not exists (
      select from public.dataset_indexes declared
      where declared.tenant_id = v.tenant_id and declared.dataset_id = dataset and declared.column_name = i.column_name)
  loop
    execute format('drop index data.%I', undeclared);
  end loop;
end $$;

-- Declares an index; the caller's transaction queues the job that makes it. Again: a failed one is tried once more.
create function app.declare_index(dataset uuid, column_name text) returns public.dataset_indexes
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.datasets;
  found_type text;
  declared public.dataset_indexes;
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  -- a version that is being published holds this row until it is current: it sees the declaration, or the job sees it
  select d.* into target from public.datasets d where d.id = dataset for update;
  if target.current_version_id is null then
    raise exception using errcode = 'GR412', message = 'nothing was loaded into the dataset yet';
  end if;
  select c.type into found_type from public.dataset_columns c
    where c.tenant_id = target.tenant_id and c.version_id = target.current_version_id and c.name = declare_index.column_name;
  if found_type is null then
    raise exception using errcode = 'GR400', message = format('there is no column %s', to_json(declare_index.column_name));
  end if;
  if found_type = 'jsonb' then
    raise exception using errcode = 'GR400', message = format('%s holds JSON, which has no order', declare_index.column_name);
  end if;
  insert into public.dataset_indexes as i (tenant_id, dataset_id, column_name, created_by)
    values (target.tenant_id, dataset, declare_index.column_name, app.user_id())
    on conflict on constraint dataset_indexes_pkey do update set state = 'building', error = null where i.state = 'failed';
  if (select count(*) from public.dataset_indexes i where i.tenant_id = target.tenant_id and i.dataset_id = dataset) > 32 then
    raise exception using errcode = 'GR429', message = 'a dataset has at most 32 indexes', detail = '{"limit": 32}';
  end if;
  select i.* into declared from public.dataset_indexes i
    where i.tenant_id = target.tenant_id and i.dataset_id = dataset and i.column_name = declare_index.column_name;
  return declared;
end $$;

-- Takes a declaration back; the caller's transaction queues the job that removes the indexes.
create function app.undeclare_index(dataset uuid, column_name text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  perform from public.datasets d where d.id = dataset for update;
  delete from public.dataset_indexes i
    where i.dataset_id = dataset and i.column_name = undeclare_index.column_name
      and i.tenant_id = (select d.tenant_id from public.datasets d where d.id = dataset);
  if not found then
    raise exception using errcode = 'GR404', message = 'the column has no index';
  end if;
end $$;

-- The rowids of a page in the order of an indexed column of exact decimals. Their comparison is the one that Postgres does
-- not count as leakproof (pg_proc.proleakproof), so that under row level security no page could begin in the midst of an
-- index. Hence this: it asks first whether the caller may read the dataset, and then reads the index as the owner.
-- `after_rowid` null: from the beginning. A row whose value is null has `after_value` null.
create function app.page_by_numeric(version uuid, column_name text, descending boolean, nulls_first boolean,
    after_value numeric, after_rowid bigint, row_limit integer) returns bigint[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  table_name text;
  part text;
  rowids bigint[];
  result bigint[] := '{}';
  direction constant text := case when descending then 'desc' else 'asc' end;
  beyond constant text := case when descending then '<' else '>' end;
begin
  select app.data_table_name(v.id, c.chunk) into table_name
    from public.dataset_versions v
    join public.dataset_columns c on c.tenant_id = v.tenant_id and c.version_id = v.id and c.name = page_by_numeric.column_name
    where v.id = version and v.state = 'ready' and c.type = 'numeric' and app.may_access_dataset(v.dataset_id, 'read');
  if table_name is null then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  foreach part in array case when nulls_first then array['nulls', 'values'] else array['values', 'nulls'] end loop
    exit when cardinality(result) >= row_limit;
    if part = 'nulls' then
      continue when after_rowid is not null and after_value is not null and nulls_first;
      execute format(
        'select array(select rowid from data.%I where %I is null %s order by %2$I %4$s, rowid %4$s limit %5$s)',
        table_name, page_by_numeric.column_name,
        case when after_rowid is not null and after_value is null then format('and rowid %s %s', beyond, after_rowid) else '' end,
        direction, row_limit - cardinality(result)) into rowids;
    else
      continue when after_rowid is not null and after_value is null and not nulls_first;
      execute format(
        'select array(select rowid from data.%I where %I is not null %s order by %2$I %4$s, rowid %4$s limit %5$s)',
        table_name, page_by_numeric.column_name,
        case when after_rowid is not null and after_value is not null
          then format('and (%I, rowid) %s (%L::numeric, %s)', page_by_numeric.column_name, beyond, after_value, after_rowid) else '' end,
        direction, row_limit - cardinality(result)) into rowids;
    end if;
    result := result || rowids;
  end loop;
  return result;
end $$;

revoke all on function app.data_indexes, app.indexed_columns, app.create_data_index, app.index_version,
  app.drop_undeclared_indexes, app.declare_index, app.undeclare_index, app.page_by_numeric from public;
grant execute on function app.indexed_columns, app.page_by_numeric to authenticated;
grant execute on function app.declare_index, app.undeclare_index to granary_member;
grant execute on function app.create_data_index, app.index_version, app.drop_undeclared_indexes to granary_worker;

-- one job makes what is declared and removes what is not, so that any number of them in any order end the same
select jobs.create_queue('dataset.index', '{"policy": "standard", "retryLimit": 5, "retryDelay": 2, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');
