-- Deliveries: files whose rows go into the version that is current when they are there (append, upsert), and loading an
-- original once more.

grant update (content_sha256) on public.dataset_versions to granary_worker;

-- What becomes of a version that the caller has just asked for, in the transaction that asked.
create function app.set_delivery_mode(version uuid, mode text, key_columns text[]) returns void
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
  update public.dataset_versions v set mode = set_delivery_mode.mode,
      key_columns = case when set_delivery_mode.mode = 'upsert' then set_delivery_mode.key_columns else '{}' end
    where v.id = version;
end $$;

-- A new version from the original of an old one, to be read with other options. GR412: the original was not kept.
create function app.create_version_again(dataset uuid, source uuid, options jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  origin public.dataset_versions;
  version uuid;
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  -- locked, so that version numbers have no gaps and no doubles
  perform from public.datasets d where d.id = dataset for update;
  select v.* into origin from public.dataset_versions v where v.dataset_id = dataset and v.id = source;
  if origin.id is null then
    raise exception using errcode = 'GR404', message = 'no such version';
  end if;
  if origin.original_sha256 is null then
    raise exception using errcode = 'GR412', message = 'the original of this version was not kept, so it cannot be loaded again',
      detail = jsonb_build_object('version', origin.number)::text;
  end if;
  insert into public.dataset_versions (tenant_id, dataset_id, number, original_sha256, original_bytes, original_name, options, created_by)
    select origin.tenant_id, dataset, coalesce(max(v.number), 0) + 1, origin.original_sha256, origin.original_bytes,
      origin.original_name, create_version_again.options, app.user_id()
    from public.dataset_versions v where v.tenant_id = origin.tenant_id and v.dataset_id = dataset
    returning id into version;
  insert into public.dataset_loads (tenant_id, dataset_id, version_id, bytes_total)
    values (origin.tenant_id, dataset, version, origin.original_bytes);
  return version;
end $$;

-- The named columns of a version and its rowid, as a derived table, from no more chunk tables than they stand in.
create function app.rows_of(version uuid, names text[]) returns text
  language plpgsql stable security definer set search_path = '' as $$
declare
  columns text;
  tables text;
begin
  select string_agg(format(', %I', c.name), '' order by c.position) into columns
    from public.dataset_columns c where c.version_id = version and c.name = any (names);
  select string_agg(case when used.ordinal = 1 then format('data.%I', app.data_table_name(version, used.chunk))
      else format(' join data.%I using (rowid)', app.data_table_name(version, used.chunk)) end, '' order by used.ordinal) into tables
    from (select chunk, row_number() over (order by chunk) as ordinal
      from (select distinct c.chunk from public.dataset_columns c where c.version_id = version and c.name = any (names)) chunks) used;
  return format('(select rowid%s from %s)', columns, coalesce(tables, format('data.%I', app.data_table_name(version, 1))));
end $$;

-- Takes the rows out of a delivery that no version can take without losing or guessing something, and says why: a value in
-- a column that the dataset does not have, a key that is NULL, a key that several rows have. Before the merge, in the
-- transaction of the load.
create function app.set_apart(version uuid) returns table (row_number bigint, column_name text, reason text)
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
    where c.tenant_id = delivery.tenant_id and c.version_id = version and not exists (
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

-- GR409 where a row of `source` holds something that `head` has no place for: the head is another one than when the file
-- was read, so it is to be read again.
create function app.check_fit(source uuid, head uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  chunk record;
  misfits boolean;
begin
  for chunk in
    select c.chunk as number, string_agg(format('%I is not null', c.name), ' or ') as filled
    from public.dataset_columns c
    where c.version_id = source and not exists (
      select from public.dataset_columns h where h.version_id = head and h.name = c.name and h.type = c.type)
    group by c.chunk
  loop
    execute format('select exists (select from data.%I where %s)', app.data_table_name(source, chunk.number), chunk.filled) into misfits;
    if misfits then
      raise exception using errcode = 'GR409', message = 'the columns of the dataset changed while the file was read';
    end if;
  end loop;
end $$;

-- Puts the rows of one version's tables into another's, as one change set. By key where there are key columns: a row with
-- the key of one that is there changes its cells (only those of columns that the source has), any other row is added.
-- The caller holds the lock on the dataset, has checked access and that the rows fit.
create function app.absorb_rows(source uuid, head uuid, kind text, key_columns text[], delivery uuid) returns integer
  language plpgsql volatile security definer set search_path = '' set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
  first_table constant text := app.data_table_name(source, 1);
  target public.dataset_versions;
  change_set integer;
  base bigint;
  sequence regclass;
  inserted_first bigint;
  inserted_last bigint;
  inserted_rows bigint;
  updated_rows bigint := 0;
  ambiguous boolean;
  chunk record;
  on_keys text;
begin
  update public.dataset_versions v set change_count = v.change_count + 1 where v.id = head returning v.* into target;
  change_set := target.change_count;
  insert into public.dataset_change_sets (tenant_id, dataset_id, version_id, number, kind, source_version_id, created_by)
    values (target.tenant_id, target.dataset_id, head, change_set, kind, delivery, app.user_id());

  execute format('alter table data.%I add column "head rowid" bigint', first_table);
  if key_columns <> '{}' then
    select string_agg(format('here.%I = there.%I', k, k), ' and ') into on_keys from unnest(key_columns) k;
    execute format('select exists (select from %s here join %s there on %s group by here.rowid having count(*) > 1)',
      app.rows_of(source, key_columns), app.rows_of(head, key_columns), on_keys) into ambiguous;
    if ambiguous then
      raise exception using errcode = 'GR412', message = 'several rows of the dataset have the same key as one of the file',
        detail = jsonb_build_object('keyColumns', key_columns)::text;
    end if;
    execute format('update data.%I target set "head rowid" = there.rowid from %s here join %s there on %s where target.rowid = here.rowid',
      first_table, app.rows_of(source, key_columns), app.rows_of(head, key_columns), on_keys);
    updated_rows := app.update_matched_rows(source, target);
  end if;

  sequence := pg_get_serial_sequence(format('data.%I', app.data_table_name(head, 1)), 'rowid');
  -- a rowid is never given twice, also when its row was deleted: the history names rows by it
  execute format('select greatest(coalesce(max(rowid), 0), nextval(%L::regclass) - 1) from data.%I', sequence, app.data_table_name(head, 1))
    into base;
  execute format('select min(rowid) + $1, max(rowid) + $1, count(*) from data.%I where "head rowid" is null', first_table)
    into inserted_first, inserted_last, inserted_rows using base;
  if inserted_rows > 0 then
    for chunk in
      select h.chunk as number,
        coalesce(array_agg(h.name order by h.position) filter (where c.name is not null), '{}') as names,
        coalesce(string_agg(format(', %I', h.name), '' order by h.position) filter (where c.name is not null), '') as targets,
        -- a column without a value has some type or other: its NULLs fit any
        coalesce(string_agg(case when c.type = h.type then format(', rows.%I', h.name) else format(', null::%s', h.type) end, ''
          order by h.position) filter (where c.name is not null), '') as cells
      from public.dataset_columns h
      left join public.dataset_columns c on c.tenant_id = h.tenant_id and c.version_id = source and c.name = h.name
      where h.tenant_id = target.tenant_id and h.version_id = head
      group by h.chunk order by h.chunk
    loop
      execute format($sql$
        insert into data.%I (rowid, user_id%s)
        select rows.rowid + $1, $2%s from %s rows join data.%I matched on matched.rowid = rows.rowid and matched."head rowid" is null
        order by rows.rowid
        $sql$, app.data_table_name(head, chunk.number), chunk.targets, chunk.cells, app.rows_of(source, chunk.names), first_table)
        using base, app.user_id();
    end loop;
    perform setval(sequence, inserted_last);
  end if;

  update public.dataset_change_sets s
    set inserted = inserted_rows, updated = updated_rows, first_rowid = inserted_first, last_rowid = inserted_last
    where s.tenant_id = target.tenant_id and s.version_id = head and s.number = change_set;
  update public.dataset_versions v set row_count = v.row_count + inserted_rows where v.id = head;
  update public.datasets d set updated_at = now() where d.id = target.dataset_id;
  return change_set;
end $$;

-- Writes down what the cells were, then changes them: of the rows that have a "head rowid", those that differ, for the
-- change set that is the target's last. Returns how many rows changed.
create function app.update_matched_rows(source uuid, target public.dataset_versions) returns bigint
  language plpgsql volatile security definer set search_path = '' set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
  first_table constant text := app.data_table_name(source, 1);
  chunk record;
  pass text;
begin
  foreach pass in array array['record', 'change'] loop
    for chunk in
      select h.chunk as number, array_agg(h.name) as names,
        string_agg(format('(%L, there.%I::text, here.%I::text)', h.name, h.name, h.name), ', ') as pairs,
        string_agg(format('%I = %s', h.name, case when c.type = h.type then format('here.%I', h.name) else 'null' end), ', ') as assignments
      from public.dataset_columns h
      join public.dataset_columns c on c.tenant_id = h.tenant_id and c.version_id = source and c.name = h.name
      where h.tenant_id = target.tenant_id and h.version_id = target.id
      group by h.chunk order by h.chunk
    loop
      if pass = 'record' then
        execute format($sql$
          insert into public.dataset_row_changes as known (tenant_id, dataset_id, version_id, change_set, rowid, before, after)
          select $1, $2, $3, $4, there.rowid, cells.before, cells.after
          from %s here
          join data.%I matched on matched.rowid = here.rowid
          join data.%I there on there.rowid = matched."head rowid"
          cross join lateral (
            select jsonb_object_agg(v.name, v.old) as before, jsonb_object_agg(v.name, v.new) as after
            from (values %s) as v (name, old, new) where v.old is distinct from v.new) cells
          where cells.before is not null
          on conflict (tenant_id, version_id, change_set, rowid)
            do update set before = known.before || excluded.before, after = known.after || excluded.after
          $sql$, app.rows_of(source, chunk.names), first_table, app.data_table_name(target.id, chunk.number), chunk.pairs)
          using target.tenant_id, target.dataset_id, target.id, target.change_count;
      else
        execute format($sql$
          update data.%I there set %s
          from %s here
          join data.%I matched on matched.rowid = here.rowid
          join public.dataset_row_changes changed on changed.tenant_id = $1 and changed.version_id = $2 and changed.change_set = $3
            and changed.rowid = matched."head rowid"
          where there.rowid = changed.rowid
          $sql$, app.data_table_name(target.id, chunk.number), chunk.assignments, app.rows_of(source, chunk.names), first_table)
          using target.tenant_id, target.id, target.change_count;
      end if;
    end loop;
  end loop;
  return (select count(*) from public.dataset_row_changes r
    where r.tenant_id = target.tenant_id and r.version_id = target.id and r.change_set = target.change_count);
end $$;

-- Puts a loaded delivery into the current version. In the load's transaction and in the session of who asked for it, whose
-- access is checked again; its own tables are gone afterwards.
create function app.merge_version(version uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery public.dataset_versions;
  current_version public.dataset_versions;
  head uuid;
  change_set integer;
  missing text;
  chunk record;
begin
  select v.* into delivery from public.dataset_versions v
    where v.id = version and v.state = 'loading' and v.mode <> 'replace' and v.created_by = app.user_id();
  if delivery.id is null or not app.may_access_dataset(delivery.dataset_id, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  current_version := app.lock_head(delivery.dataset_id);
  head := current_version.id;
  if app.version_is_frozen(head) and not exists (select from public.dataset_versions v
      where v.tenant_id = delivery.tenant_id and v.copied_from = head and v.state = 'loading') then
    -- of any size: nobody waits for this command but its job
    head := app.begin_copy(current_version, app.user_id());
    perform app.fill_copy(head);
    update public.datasets d set current_version_id = head where d.id = delivery.dataset_id;
  else
    -- refuses while a job copies the version: the delivery waits for the copy
    head := app.thaw(current_version);
  end if;
  select k.name into missing from unnest(delivery.key_columns) as k (name)
    where (select count(*) from public.dataset_columns c where c.version_id in (version, head) and c.name = k.name) < 2
    limit 1;
  if missing is not null then
    raise exception using errcode = 'GR400', message = format('file and dataset do not both have the key column %s', quote_ident(missing)),
      detail = jsonb_build_object('column', missing)::text;
  end if;
  perform app.check_fit(version, head);
  change_set := app.absorb_rows(version, head, delivery.mode, delivery.key_columns, version);
  for chunk in select distinct c.chunk as number from public.dataset_columns c where c.version_id = version loop
    execute format('drop table data.%I', app.data_table_name(version, chunk.number));
  end loop;
  update public.dataset_versions v set state = 'merged', merged_into = head, merged_change_set = change_set, published_at = now()
    where v.id = version;
  return head;
end $$;

revoke all on function app.set_delivery_mode, app.create_version_again, app.rows_of, app.set_apart, app.check_fit, app.absorb_rows,
  app.update_matched_rows, app.merge_version from public;
grant execute on function app.set_delivery_mode, app.create_version_again, app.merge_version to granary_member;
grant execute on function app.set_apart to granary_worker;
