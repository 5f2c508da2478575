-- Columns of a delivery that the dataset does not have: the delivery is refused, its rows are set apart, or the dataset gets
-- the columns.

alter table public.dataset_versions
  add column new_columns text not null default 'refuse' check (new_columns in ('refuse', 'quarantine', 'add'));

-- As in 20261126040000, with what becomes of columns that the dataset does not have.
drop function app.set_delivery_mode(uuid, text, text[]);
create function app.set_delivery_mode(version uuid, mode text, key_columns text[], new_columns text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  asked public.dataset_versions;
  head uuid;
  missing text;
begin
  select v.* into asked from public.dataset_versions v
    join public.dataset_loads l on l.tenant_id = v.tenant_id and l.version_id = v.id
    where v.id = version and v.state = 'loading' and l.state = 'queued' and v.created_by = app.user_id();
  if asked.id is null or not app.may_access_dataset(asked.dataset_id, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  if mode = 'replace' then
    return;
  end if;
  select d.current_version_id into head from public.datasets d where d.id = asked.dataset_id;
  if head is null then
    raise exception using errcode = 'GR412', message = format('nothing was loaded into the dataset yet, so there is nothing to %s to', mode);
  end if;
  select k.name into missing from unnest(key_columns) as k (name)
    where not exists (select from public.dataset_columns c where c.tenant_id = asked.tenant_id and c.version_id = head and c.name = k.name)
    limit 1;
  if missing is not null then
    raise exception using errcode = 'GR400', message = format('the dataset has no column %s to be a key', quote_ident(missing)),
      detail = jsonb_build_object('column', missing)::text;
  end if;
  update public.dataset_versions v set mode = set_delivery_mode.mode, new_columns = set_delivery_mode.new_columns,
      key_columns = case when set_delivery_mode.mode = 'upsert' then set_delivery_mode.key_columns else '{}' end
    where v.id = version;
end $$;

-- The columns of a delivery that a version lacks and that have a value, by the tables in which they stand.
create function app.columns_to_add(source uuid, head uuid) returns table (chunk smallint, columns jsonb)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select c.chunk,
      jsonb_agg(jsonb_build_object('name', c.name, 'originalName', c.original_name, 'type', c.type, 'evidence', c.evidence) order by c.position)
    from public.dataset_columns c
    where c.version_id = source
      and coalesce((c.evidence ->> 'values')::bigint, 0) + coalesce((c.evidence ->> 'emptyStrings')::bigint, 0) > 0
      and not exists (select from public.dataset_columns h where h.version_id = head and h.name = c.name)
    group by c.chunk order by c.chunk;
end $$;

-- A copy of the current version that has a delivery's columns as well, NULL in the rows that are there; it is current from now
-- on. Columns of a version never change: whoever remembers them, or reads its rows, goes on as before. The dataset's row is
-- locked by the caller.
create function app.widen_head(head public.dataset_versions, source uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  copy constant uuid := app.begin_copy(head, app.user_id());
  part record;
  last_position integer;
  last_chunk integer;
  new_table text;
begin
  perform app.fill_copy(copy);
  update public.dataset_versions v set state = 'loading' where v.id = copy; -- no table is made for a version that is ready
  select max(c.position), max(c.chunk) into last_position, last_chunk
    from public.dataset_columns c where c.tenant_id = head.tenant_id and c.version_id = copy;
  for part in select * from app.columns_to_add(source, head.id) loop
    last_chunk := last_chunk + 1;
    new_table := app.create_data_table(copy, last_chunk, part.columns);
    perform app.own_data_table(copy, last_chunk);
    execute format('insert into data.%I (rowid, user_id) select rowid, user_id from data.%I order by rowid',
      new_table, app.data_table_name(copy, 1));
    perform app.index_data_table(copy, last_chunk);
    insert into public.dataset_columns (tenant_id, dataset_id, version_id, position, chunk, name, original_name, type, evidence)
      select head.tenant_id, head.dataset_id, copy, last_position + listed.position, last_chunk,
        listed.c ->> 'name', listed.c ->> 'originalName', listed.c ->> 'type', listed.c -> 'evidence'
      from jsonb_array_elements(part.columns) with ordinality as listed (c, position);
    last_position := last_position + jsonb_array_length(part.columns);
  end loop;
  update public.dataset_versions v set state = 'ready' where v.id = copy;
  perform app.index_version(copy);
  update public.datasets d set current_version_id = copy, updated_at = now()
    where d.tenant_id = head.tenant_id and d.id = head.dataset_id;
  return copy;
end $$;

-- As in 20261126040000; columns that the dataset is to get set no row apart.
create or replace function app.set_apart(version uuid) returns table (row_number bigint, column_name text, reason text)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery public.dataset_versions;
  first_table constant text := app.data_table_name(version, 1);
  head uuid;
  chunk record;
  keys text;
  key text;
begin
  select v.* into delivery from public.dataset_versions v where v.id = version and v.state = 'loading' and v.mode <> 'replace';
  if delivery.id is null then
    raise exception using errcode = 'GR412', message = 'the version is not being loaded';
  end if;
  select d.current_version_id into head from public.datasets d where d.id = delivery.dataset_id;
  -- names with a blank in them: no column of a file has one
  execute format('alter table data.%I add column "apart column" text, add column "apart reason" text', first_table);
  for chunk in
    select c.chunk as number, string_agg(format('(%L, rows.%I is not null)', c.name, c.name), ', ' order by c.position) as columns
    from public.dataset_columns c
    where c.tenant_id = delivery.tenant_id and c.version_id = version and delivery.new_columns <> 'add' and not exists (
      select from public.dataset_columns h where h.tenant_id = delivery.tenant_id and h.version_id = head and h.name = c.name)
    group by c.chunk order by c.chunk
  loop
    execute format($sql$
      update data.%I target set "apart column" = found.name, "apart reason" = 'the dataset has no column ' || found.name
      from (select rows.rowid, (select v.name from (values %s) as v (name, filled) where v.filled limit 1) as name from data.%I rows) found
      where target.rowid = found.rowid and found.name is not null and target."apart reason" is null
      $sql$, first_table, chunk.columns, app.data_table_name(version, chunk.number));
  end loop;
  if delivery.mode = 'upsert' then
    foreach key in array delivery.key_columns loop
      execute format($sql$
        update data.%I target set "apart column" = %L, "apart reason" = 'its key is empty'
        from %s rows where target.rowid = rows.rowid and rows.%I is null and target."apart reason" is null
        $sql$, first_table, key, app.rows_of(version, array[key]), key);
    end loop;
    select string_agg(format('rows.%I', k), ', ') into keys from unnest(delivery.key_columns) k;
    execute format($sql$
      update data.%1$I target set "apart column" = %2$L, "apart reason" = 'other rows of the file have the same key'
      from (select rows.rowid, count(*) over (partition by %3$s) as n from %4$s rows
        join data.%1$I marked on marked.rowid = rows.rowid and marked."apart reason" is null) counted
      where target.rowid = counted.rowid and counted.n > 1
      $sql$, first_table, delivery.key_columns[1], keys, app.rows_of(version, delivery.key_columns));
  end if;
  return query execute format('select rowid, "apart column", "apart reason" from data.%I where "apart reason" is not null order by rowid', first_table);
  for chunk in
    select distinct c.chunk as number from public.dataset_columns c
    where c.tenant_id = delivery.tenant_id and c.version_id = version and c.chunk > 1
  loop
    execute format('delete from data.%I rows using data.%I marked where marked.rowid = rows.rowid and marked."apart reason" is not null',
      app.data_table_name(version, chunk.number), first_table);
  end loop;
  execute format('delete from data.%I where "apart reason" is not null', first_table);
  execute format('alter table data.%I drop column "apart column", drop column "apart reason"', first_table);
end $$;

revoke all on function app.set_delivery_mode, app.columns_to_add, app.widen_head from public;
grant execute on function app.set_delivery_mode to granary_member;
