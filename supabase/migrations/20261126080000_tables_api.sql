-- The functions of the table API that supabase-js calls by rpc(), with the names and arguments that its callers use. A table is
-- a dataset: its current version, whole, however many tables it is spread over. They run with the caller's own rights: by
-- policy where they read, and by the same commands as everything else where they write; those audit inside, because nobody
-- who comes by PostgREST passes our API.

-- An event in an organization that the caller does not choose: for commands that looked it up themselves.
create function app.record_event(tenant uuid, action text, outcome text, entity_type text, entity_id uuid, details jsonb) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
begin
  insert into public.audit_events (tenant_id, actor_kind, actor_id, key_id, action, outcome, entity_type, entity_id, request_id, address, details)
  values (tenant,
    case when claims ->> 'sub' is null then 'system' when claims ->> 'key_id' is null then 'user' else 'key' end,
    (claims ->> 'sub')::uuid, (claims ->> 'key_id')::uuid, record_event.action, record_event.outcome, record_event.entity_type,
    record_event.entity_id, claims ->> 'request_id', claims ->> 'address', record_event.details);
end $$;
revoke all on function app.record_event from public;

-- The actor, the request and the organization come from the claims, never from an argument.
create or replace function app.audit(action text, outcome text, entity_type text, entity_id uuid, details jsonb) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.record_event((app.claims() ->> 'tenant_id')::uuid, audit.action, audit.outcome, audit.entity_type, audit.entity_id, audit.details);
end $$;

-- There is one schema to choose, and no other can be named.
create function app.check_schema_name(schema_name text) returns void
  language plpgsql immutable set search_path = '' as $$
begin
  if schema_name is distinct from '_realtime' then
    raise exception using errcode = 'GR400', message = 'there is no schema to choose: leave schema_name out, or say _realtime';
  end if;
end $$;

-- The dataset that a caller means by a table's name: by its id; by name, their own first; `<name>_p1` is the whole of <name>.
-- GR404 where the caller reads none; GR409 where several people share one of that name and none is the caller's; GR403 where
-- the caller reads it and may do no more.
create function app.dataset_named(table_name text, access app.dataset_access) returns uuid
  language plpgsql stable security definer set search_path = '' as $$
declare
  me constant uuid := app.user_id();
  readable constant uuid[] := app.datasets_with('read');
  found_ids uuid[];
begin
  select array_agg(candidate.id) into found_ids from (
    select d.id, rank() over (order by d.id::text = table_name desc, d.name = table_name desc, d.owner_id is not distinct from me desc) as place
    from public.datasets d
    where d.id = any (readable) and (d.id::text = table_name or d.name in (table_name, regexp_replace(table_name, '_p[0-9]+$', '')))
  ) candidate where candidate.place = 1;
  if found_ids is null then
    raise exception using errcode = 'GR404', message = 'no such table';
  elsif cardinality(found_ids) > 1 then
    raise exception using errcode = 'GR409', message = 'several tables of this name are shared with you: give the id of the one you mean',
      detail = jsonb_build_object('ids', to_jsonb(found_ids))::text;
  elsif access <> 'read' and not app.may_access_dataset(found_ids[1], access) then
    raise exception using errcode = 'GR403', message = 'the table is yours to read only';
  end if;
  return found_ids[1];
end $$;

-- A new table may not be called what an id looks like: whoever says that id means the table that has it.
create function app.check_table_name(name text) returns void
  language plpgsql immutable set search_path = '' as $$
begin
  if name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise exception using errcode = 'GR404', message = 'no such table';
  elsif coalesce(name, '') = '' or length(name) > 200 then
    raise exception using errcode = 'GR400', message = 'a table has a name of at most 200 characters';
  end if;
end $$;

create function public.get_all_tables(schema_name text default '_realtime')
  returns table (table_name text, table_type text)
  language plpgsql stable security invoker set search_path = '' as $$
begin
  perform app.check_schema_name(get_all_tables.schema_name);
  return query select d.name, 'BASE TABLE' from public.datasets d order by d.name, d.id;
end $$;

create function public.get_table_columns(table_name text, schema_name text default '_realtime')
  returns table (column_name text, data_type text, is_nullable text)
  language plpgsql stable security invoker set search_path = '' as $$
declare
  dataset uuid;
begin
  perform app.check_schema_name(get_table_columns.schema_name);
  dataset := app.dataset_named(get_table_columns.table_name, 'read');
  return query
    select 'rowid', 'bigint', 'NO'
    union all
    (select c.name, c.type, 'YES' from public.datasets d
     join public.dataset_columns c on c.tenant_id = d.tenant_id and c.version_id = d.current_version_id
     where d.id = dataset order by c.position);
end $$;

create function public.table_exists(table_name text, schema_name text default '_realtime') returns boolean
  language plpgsql stable security invoker set search_path = '' as $$
begin
  perform app.check_schema_name(table_exists.schema_name);
  perform app.dataset_named(table_exists.table_name, 'read');
  return true;
exception
  when sqlstate 'GR404' then return false;
  when sqlstate 'GR409' then return true;
end $$;

-- Of what the caller may read: by the column's legal name or its name in the file, whatever its case.
create function public.search_tables_by_column(column_name text, schema_name text default '_realtime')
  returns table (table_name text)
  language plpgsql stable security invoker set search_path = '' as $$
begin
  perform app.check_schema_name(search_tables_by_column.schema_name);
  return query
    select d.name from public.datasets d
    where exists (
      select from public.dataset_columns c
      where c.tenant_id = d.tenant_id and c.version_id = d.current_version_id
        and lower(search_tables_by_column.column_name) in (c.name, lower(c.original_name)))
    order by d.name, d.id;
end $$;

-- Rows in the order of their keys, each an object by column.
create function public.select_from_table(table_name text, row_limit integer default 100, schema_name text default '_realtime')
  returns setof jsonb
  language plpgsql stable security invoker set search_path = '' as $$
declare
  dataset uuid;
  version uuid;
  tables text;
  cells text;
begin
  perform app.check_schema_name(select_from_table.schema_name);
  if row_limit is null or row_limit not between 0 and 10000 then
    raise exception using errcode = 'GR400', message = 'row_limit is a number from 0 to 10000';
  end if;
  dataset := app.dataset_named(select_from_table.table_name, 'read');
  select d.current_version_id into version from public.datasets d where d.id = dataset;
  if version is null then
    return; -- nothing was loaded yet
  end if;
  -- names are made of the version's id and a number
  select string_agg(format(case when place = 1 then 'data.%1$I p%2$s' else 'join data.%1$I p%2$s using (rowid)' end,
      app.data_table_name(version, chunk), place), ' ' order by place),
    string_agg(format('(to_jsonb(p%s) - ''tenant_id''::text)', place), ' || ' order by place)
  into tables, cells
  from (select c.chunk, row_number() over (order by c.chunk) as place from public.dataset_columns c
        where c.version_id = version group by c.chunk) chunks;
  return query execute format('select %s from %s order by p1.rowid limit %s', cells, tables, row_limit);
end $$;

-- Changes cells of one row, whatever they held before; false where there is no such row. The history, a frozen version and the
-- types of the columns are app.change_rows' to care for.
create function app.update_table_row(dataset uuid, row_id bigint, updates jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  version_id uuid;
  is_there boolean;
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such table';
  elsif jsonb_typeof(updates) is distinct from 'object' or updates = '{}' then
    raise exception using errcode = 'GR400', message = 'updates is an object of new values by column';
  end if;
  -- no other change comes between the look at the row and its update
  select locked.current_version_id into version_id from app.lock_dataset(dataset) locked;
  if version_id is null then
    return false; -- nothing was loaded yet
  end if;
  execute format('select exists (select from data.%I where rowid = $1)', app.data_table_name(version_id, 1)) into is_there using row_id;
  if not is_there then
    return false;
  end if;
  perform app.change_rows(dataset, null, jsonb_build_array(jsonb_build_object('op', 'update', 'rowid', row_id,
    'set', (select jsonb_object_agg(key, value #>> '{}') from jsonb_each(updates)))));
  return true;
end $$;

create function public.update_table_row(table_name text, row_id bigint, updates jsonb, schema_name text default '_realtime')
  returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  dataset uuid;
  is_changed boolean;
begin
  perform app.check_schema_name(update_table_row.schema_name);
  dataset := app.dataset_named(update_table_row.table_name, 'write');
  is_changed := app.update_table_row(dataset, row_id, updates);
  if is_changed then
    perform app.record_event((select d.tenant_id from public.datasets d where d.id = dataset), 'tables.updateRow', 'done', 'dataset', dataset,
      jsonb_build_object('rowId', row_id, 'columns', (select jsonb_agg(key) from jsonb_object_keys(updates) key)));
  end if;
  return is_changed;
end $$;

-- What a table holds and where it comes from. The dataset of that name is described anew where the caller may write one;
-- otherwise one is made, empty, in the caller's active organization or in their only one. Returns its id.
create function app.describe_table(name text, description text, origin text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  wanted constant text := btrim(name);
  dataset uuid;
begin
  if length(describe_table.description) > 10000 or length(describe_table.origin) > 10000 then
    raise exception using errcode = 'GR400', message = 'description and origin have at most 10000 characters';
  end if;
  begin
    dataset := app.dataset_named(wanted, 'write');
  exception when sqlstate 'GR404' or sqlstate 'GR403' then
    dataset := null; -- none, or somebody else's: one of the caller's own then
  end;
  if dataset is null then
    perform app.check_table_name(wanted);
    dataset := app.uuidv7();
    insert into public.datasets (tenant_id, id, owner_id, name) values (app.writable_tenant(), dataset, app.user_id(), wanted);
  end if;
  update public.datasets d set description = coalesce(describe_table.description, ''), origin = coalesce(describe_table.origin, ''),
    updated_at = now() where d.id = dataset;
  return dataset;
end $$;

create function public.insert_metadata(table_name text, main_table_name text, description text default '', origin text default '')
  returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  dataset constant uuid := app.describe_table(
    coalesce(nullif(btrim(insert_metadata.main_table_name), ''), insert_metadata.table_name), insert_metadata.description, insert_metadata.origin);
begin
  perform app.record_event(d.tenant_id, 'tables.insertMetadata', 'done', 'dataset', d.id, jsonb_build_object('name', d.name))
    from public.datasets d where d.id = dataset;
  return dataset;
end $$;

-- Where somebody who names no organization makes a dataset: in the active one, or in the only one that lets them.
create function app.writable_tenant() returns uuid
  language plpgsql stable security definer set search_path = '' as $$
declare
  tenants constant uuid[] := app.tenants_with('dataset:write');
begin
  if cardinality(tenants) = 0 then
    raise exception using errcode = 'GR403', message = 'needs the permission dataset:write';
  elsif cardinality(tenants) > 1 then
    raise exception using errcode = 'GR400', message = 'you may make tables in several organizations: choose one first';
  end if;
  return tenants[1];
end $$;

-- An empty, ready version of columns that are named and typed: [{"name": …, "originalName": …, "type": …}, …].
create function app.create_empty_version(dataset uuid, columns jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  -- a row fits its page whatever the types are: 18 bytes aligned to 24, and a bit for null
  columns_per_table constant integer := 300;
  version constant uuid := app.uuidv7();
  tenant uuid;
  owner uuid;
  next_number integer;
  chunk_number integer;
begin
  select d.tenant_id, d.owner_id into tenant, owner from public.datasets d where d.id = dataset for update;
  if tenant is null then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  elsif jsonb_array_length(columns) not between 1 and 20000 then
    raise exception using errcode = 'GR400', message = 'a table has 1 to 20000 columns';
  end if;
  select coalesce(max(v.number), 0) + 1 into next_number from public.dataset_versions v where v.tenant_id = tenant and v.dataset_id = dataset;
  insert into public.dataset_versions (tenant_id, dataset_id, id, number, original_sha256, original_bytes, original_name, created_by)
    values (tenant, dataset, version, next_number, null, 0, '', coalesce(app.user_id(), owner));
  for chunk_number in 1 .. (jsonb_array_length(columns) - 1) / columns_per_table + 1 loop
    perform app.create_data_table(version, chunk_number, (
      select jsonb_agg(listed.c order by listed.position) from jsonb_array_elements(columns) with ordinality as listed (c, position)
      where (listed.position - 1) / columns_per_table + 1 = chunk_number));
    perform app.finish_data_table(version, chunk_number);
  end loop;
  insert into public.dataset_columns (tenant_id, dataset_id, version_id, position, chunk, name, original_name, type, evidence)
    select tenant, dataset, version, listed.position - 1, (listed.position - 1) / columns_per_table + 1,
      listed.c ->> 'name', listed.c ->> 'originalName', listed.c ->> 'type', '{"reason": "declared"}'
    from jsonb_array_elements(columns) with ordinality as listed (c, position);
  insert into public.dataset_loads (tenant_id, dataset_id, version_id, state, phase, input_rows, loaded_rows, quarantined_rows, finished_at)
    values (tenant, dataset, version, 'ready', 'ready', 0, 0, 0, now());
  update public.dataset_versions v set state = 'ready', row_count = 0, format = '{}', published_at = now() where v.tenant_id = tenant and v.id = version;
  update public.datasets d set current_version_id = version, updated_at = now() where d.id = dataset;
  return version;
end $$;

-- Makes an empty table for somebody. `columns` is [{"name": …, "type": …}, …]; names become legal ones (app.column_name).
create function app.create_table(tenant uuid, owner uuid, name text, columns jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  dataset constant uuid := app.uuidv7();
  legal jsonb;
  doubled text;
begin
  perform app.check_table_name(btrim(name));
  select jsonb_agg(jsonb_build_object('name', app.column_name(c ->> 'name'), 'originalName', c ->> 'name', 'type', c ->> 'type') order by position)
    into legal from jsonb_array_elements(columns) with ordinality as listed (c, position);
  select c ->> 'name' into doubled from jsonb_array_elements(legal) c group by 1 having count(*) > 1 limit 1;
  if doubled is not null then
    raise exception using errcode = 'GR400', message = format('two columns would be called %s', doubled);
  end if;
  insert into public.datasets (tenant_id, id, owner_id, name) values (tenant, dataset, owner, btrim(create_table.name));
  perform app.create_empty_version(dataset, coalesce(legal, '[]'));
  return dataset;
end $$;

-- The same for oneself, in the active organization.
create function app.create_own_table(name text, columns jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.create_table(app.writable_tenant(), app.user_id(), name, columns);
end $$;

-- A table whose columns all hold text, for whoever is named: the service's own business, like the loads that fill it. Who names
-- neither a person nor an organization gets the caller, and the only organization that there is for them.
create function public.create_data_table(p_schema_name text, p_table_name text, p_column_names text[], p_id_column text default null,
    p_user_id uuid default null, p_tenant_id uuid default null)
  returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  owner constant uuid := coalesce(p_user_id, app.user_id());
  names constant text[] := case when p_id_column is null or p_id_column = any (p_column_names) then p_column_names
    else p_id_column || p_column_names end;
  tenants uuid[];
  dataset uuid;
begin
  perform app.check_schema_name(p_schema_name);
  if owner is null then
    raise exception using errcode = 'GR400', message = 'a table belongs to somebody: say p_user_id';
  end if;
  select array_agg(m.tenant_id) into tenants from public.memberships m
    where m.user_id = owner and (p_tenant_id is null or m.tenant_id = p_tenant_id);
  if tenants is null then
    raise exception using errcode = 'GR404', message = 'no such person in an organization';
  elsif cardinality(tenants) > 1 then
    raise exception using errcode = 'GR400', message = 'this person is in several organizations: say p_tenant_id';
  end if;
  dataset := app.create_table(tenants[1], owner, p_table_name, (
    select jsonb_agg(jsonb_build_object('name', name, 'type', 'text') order by position) from unnest(names) with ordinality as listed (name, position)));
  perform app.record_event(tenants[1], 'tables.create', 'done', 'dataset', dataset, jsonb_build_object('name', btrim(p_table_name)));
  return dataset;
end $$;

-- A legal name for a column: lower case, everything but ASCII letters and digits as underscores (the loader also takes accents
-- off), none of those that Granary or PostgreSQL has in every table. GR400 where nothing is left of it.
create function app.column_name(original text) returns text
  language plpgsql immutable set search_path = '' as $$
declare
  legal text := original;
begin
  if legal !~ '^[a-z_][a-z0-9_]*$' then
    legal := btrim(regexp_replace(lower(coalesce(original, '')), '[^a-z0-9]+', '_', 'g'), '_');
  end if;
  if coalesce(legal, '') = '' then
    raise exception using errcode = 'GR400', message = format('%L is no name for a column', left(original, 100));
  elsif legal ~ '^[0-9]' then
    legal := '_' || legal;
  elsif legal in ('rowid', 'tenant_id', 'user_id', 'tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax') then
    legal := legal || '_2';
  end if;
  return left(legal, 63);
end $$;

revoke all on function app.check_schema_name, app.dataset_named, app.check_table_name, app.update_table_row, app.describe_table, app.writable_tenant,
  app.create_empty_version, app.create_table, app.create_own_table, app.column_name,
  public.get_all_tables, public.get_table_columns, public.table_exists, public.search_tables_by_column, public.select_from_table,
  public.update_table_row, public.insert_metadata, public.create_data_table from public;
grant execute on function app.check_schema_name, app.dataset_named to authenticated;
grant execute on function public.get_all_tables, public.get_table_columns, public.table_exists, public.search_tables_by_column,
  public.select_from_table, public.update_table_row, public.insert_metadata to authenticated;
grant execute on function app.update_table_row, app.describe_table, app.create_own_table to granary_member;
-- its own BYPASSRLS is not needed here: the function is the owner's
grant execute on function public.create_data_table to service_role;
