-- What a change is written to: the version that is current, or, where something refers to that one, a copy of it that takes
-- its place. And which version becomes current: what was asked for last, not what ended last.

alter table public.datasets
  -- a load becomes current if its version has a higher number. A copy does not raise it (who asked for a load before still
  -- gets it); restoring an older version does, to the highest number that there is
  add column settled_number integer not null default 0 check (settled_number >= 0);
update public.datasets d set settled_number = v.number
  from public.dataset_versions v where v.tenant_id = d.tenant_id and v.id = d.current_version_id;

alter table public.dataset_versions
  -- how many change sets the version had when it was copied: they are a part of the copy's past
  add column copied_change_set integer check (copied_change_set >= 0),
  add check ((copied_from is null) = (copied_change_set is null));
create index dataset_versions_copied_from on public.dataset_versions (tenant_id, copied_from);

-- The owner's columns of a table, as a constant default for the rows that are there. Adding such a column is a change of
-- the catalogue alone, whatever the number of rows.
create function app.own_data_table(version uuid, chunk integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  table_name constant text := app.data_table_name(version, chunk);
  owned public.dataset_versions;
begin
  select v.* into owned from public.dataset_versions v where v.id = version and v.state = 'loading';
  if owned.id is null then
    raise exception using errcode = 'GR412', message = 'the version is not being loaded';
  end if;
  execute format('alter table data.%I add column tenant_id uuid not null default %L, add column user_id uuid not null default %L',
    table_name, owned.tenant_id, owned.created_by);
  -- not valid spares the scan: every row has the default that was set in the line above
  execute format('alter table data.%I add constraint one_tenant check (tenant_id = %L) not valid', table_name, owned.tenant_id);
end $$;

-- The key, once the rows are there, be they loaded or copied.
create function app.index_data_table(version uuid, chunk integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  execute format('alter table data.%I add primary key (rowid)', app.data_table_name(version, chunk));
end $$;

-- After COPY. A copied table is owned before its rows come, because they have contributors of their own.
create or replace function app.finish_data_table(version uuid, chunk integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.own_data_table(version, chunk);
  perform app.index_data_table(version, chunk);
end $$;

-- The dataset's row, locked until the end of the transaction, for whoever may write. Every command that changes rows, and
-- every one that makes a reference to a version, begins with this lock. SQLSTATE GR404.
create function app.lock_dataset(dataset uuid) returns public.datasets
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked public.datasets;
begin
  if app.may_access_dataset(dataset, 'write') then
    select d.* into locked from public.datasets d where d.id = dataset for update;
  end if;
  if locked.id is null then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  return locked;
end $$;

-- The version that is current, its dataset's row locked. SQLSTATE GR404, or GR412 where nothing was loaded yet.
create function app.lock_head(dataset uuid) returns public.dataset_versions
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked constant public.datasets := app.lock_dataset(dataset);
  head public.dataset_versions;
begin
  select v.* into head from public.dataset_versions v where v.id = locked.current_version_id;
  if head.id is null then
    raise exception using errcode = 'GR412', message = 'nothing was loaded into this dataset yet';
  end if;
  return head;
end $$;

-- A version that is to become a copy: no tables yet. The dataset's row is locked by the caller.
create function app.begin_copy(source public.dataset_versions, creator uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  copy uuid;
begin
  insert into public.dataset_versions (tenant_id, dataset_id, number, original_sha256, original_bytes, original_name, options,
      format, content_sha256, copied_from, copied_change_set, created_by)
    select source.tenant_id, source.dataset_id, max(v.number) + 1, source.original_sha256, source.original_bytes,
      source.original_name, source.options, source.format,
      case when source.change_count = 0 then source.content_sha256 end, source.id, source.change_count, creator
    from public.dataset_versions v where v.tenant_id = source.tenant_id and v.dataset_id = source.dataset_id
    returning id into copy;
  insert into public.dataset_loads (tenant_id, dataset_id, version_id) values (source.tenant_id, source.dataset_id, copy);
  return copy;
end $$;

-- Makes and fills the copy's tables: the rows under the same rowids, each with its contributor. The source does not change
-- meanwhile: its dataset is locked, or the loading copy itself keeps writers away (app.thaw).
create function app.fill_copy(copy uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.dataset_versions;
  source public.dataset_versions;
  part record;
  from_table text;
  to_table text;
  next_rowid bigint;
  copied bigint;
begin
  select v.* into target from public.dataset_versions v where v.id = copy and v.state = 'loading';
  select v.* into source from public.dataset_versions v
    where v.tenant_id = target.tenant_id and v.id = target.copied_from and v.state = 'ready';
  if source.id is null then
    raise exception using errcode = 'GR412', message = 'the version is not being copied';
  end if;
  for part in
    select c.chunk, jsonb_agg(jsonb_build_object('name', c.name, 'type', c.type) order by c.position) as columns,
      string_agg(format(', %I', c.name), '' order by c.position) as names
    from public.dataset_columns c where c.tenant_id = source.tenant_id and c.version_id = source.id
    group by c.chunk order by c.chunk
  loop
    from_table := app.data_table_name(source.id, part.chunk);
    to_table := app.create_data_table(copy, part.chunk, part.columns);
    perform app.own_data_table(copy, part.chunk);
    execute format('insert into data.%1$I (rowid, user_id%2$s) select rowid, user_id%2$s from data.%3$I order by rowid',
      to_table, part.names, from_table);
    get diagnostics copied = row_count;
    if copied <> source.row_count then
      raise exception 'rows went missing: % of % in chunk %', copied, source.row_count, part.chunk;
    end if;
    perform app.index_data_table(copy, part.chunk);
    -- a rowid is never given twice, also when its row was deleted
    execute format('select greatest(coalesce(max(rowid), 0), coalesce(pg_catalog.pg_sequence_last_value(%L), 0)) + 1 from data.%I',
      pg_catalog.pg_get_serial_sequence(format('data.%I', from_table), 'rowid'), from_table) into next_rowid;
    execute format('alter table data.%I alter column rowid restart with %s', to_table, next_rowid);
  end loop;
  insert into public.dataset_columns (tenant_id, dataset_id, version_id, position, chunk, name, original_name, type, evidence)
    select c.tenant_id, c.dataset_id, copy, c.position, c.chunk, c.name, c.original_name, c.type, c.evidence
    from public.dataset_columns c where c.tenant_id = source.tenant_id and c.version_id = source.id;
  perform app.index_version(copy);
  update public.dataset_loads l set state = 'ready', phase = 'ready', input_rows = source.row_count,
      loaded_rows = source.row_count, quarantined_rows = 0, rows_done = source.row_count, error = null, finished_at = now(), updated_at = now()
    where l.tenant_id = target.tenant_id and l.version_id = copy;
  update public.dataset_versions v set state = 'ready', row_count = source.row_count, published_at = now()
    where v.tenant_id = target.tenant_id and v.id = copy;
end $$;

-- The version that a change of the head may be written to: the head, or a copy that is current from now on. The dataset's
-- row is locked by the caller.
create function app.thaw(head public.dataset_versions) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  -- what is copied inside the command: about a second's work
  most_cells constant bigint := 2000000;
  cells bigint;
  copy uuid;
begin
  if exists (select from public.dataset_versions v
      where v.tenant_id = head.tenant_id and v.copied_from = head.id and v.state = 'loading') then
    raise exception using errcode = 'GR412', message = 'the current version is being copied; try again when that is done',
      detail = jsonb_build_object('reason', 'copying')::text;
  end if;
  if not app.version_is_frozen(head.id) then
    return head.id;
  end if;
  select head.row_count * count(*) into cells from public.dataset_columns c
    where c.tenant_id = head.tenant_id and c.version_id = head.id;
  if cells > most_cells then
    raise exception using errcode = 'GR412',
      message = 'the current version is kept as it is and is large: call datasets.copyVersion, and change the copy',
      detail = jsonb_build_object('reason', 'frozen', 'version', head.number, 'cells', cells, 'limit', most_cells)::text;
  end if;
  copy := app.begin_copy(head, app.user_id());
  perform app.fill_copy(copy);
  update public.datasets d set current_version_id = copy, updated_at = now()
    where d.tenant_id = head.tenant_id and d.id = head.dataset_id;
  return copy;
end $$;

-- The version that the caller may write rows to, until the end of the transaction: locks the dataset's row, checks write
-- access, copies the current version if something refers to it. SQLSTATE GR404: no such dataset for this caller; GR412:
-- nothing loaded yet, or frozen and too large to be copied here.
create function app.writable_head(dataset uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.thaw(app.lock_head(dataset));
end $$;

-- Publishing: whether the version became the one that reads answer from. An older load that ends late does not take the
-- place of a newer one, nor of a version that was restored after the load was asked for.
create function app.make_current(version uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.datasets d set current_version_id = v.id, settled_number = v.number, updated_at = now()
    from public.dataset_versions v
    where v.id = version and v.state = 'ready' and d.tenant_id = v.tenant_id and d.id = v.dataset_id and v.number > d.settled_number;
  return found;
end $$;

revoke all on function app.own_data_table, app.index_data_table, app.lock_dataset, app.lock_head, app.begin_copy, app.fill_copy, app.thaw,
  app.writable_head, app.make_current from public;
grant execute on function app.writable_head to granary_member;
grant execute on function app.make_current to granary_worker;
