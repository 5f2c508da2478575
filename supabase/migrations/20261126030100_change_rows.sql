-- Changing the rows of the current version, and taking such a change back. Both write one numbered change set with what was
-- there before, in the caller's transaction, under the lock of the dataset's row.
--
-- Values come and go as text. The settings of app.write_rows, and of what calls it, fix how Postgres spells them, so that
-- what the history holds casts back to the same value whatever the session has set: extra_float_digits 1 writes the
-- shortest text that reads back as the same double (PostgreSQL, 8.1.3).

-- In a version that is a copy, a change set may take back one of the version that was copied: then there is nothing of its
-- own version that it could name. Rows in bulk are kept as a range by what inserts them; the revert of that has the same
-- range, and means that these rows are gone.
alter table public.dataset_change_sets
  drop constraint dataset_change_sets_check1,
  add constraint only_a_revert_reverts check (kind = 'revert' or reverts is null);

-- The last change set that touched each row, 0 if none did.
create function app.row_revisions(version uuid, rowids bigint[]) returns table (rowid bigint, revision integer)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query
    select wanted.rowid, greatest(
      (select coalesce(max(c.change_set), 0) from public.dataset_row_changes c
        where c.tenant_id = v.tenant_id and c.version_id = v.id and c.rowid = wanted.rowid),
      (select coalesce(max(s.number), 0) from public.dataset_change_sets s
        where s.tenant_id = v.tenant_id and s.version_id = v.id and wanted.rowid between s.first_rowid and s.last_rowid))
    from unnest(rowids) as wanted (rowid) join public.dataset_versions v on v.id = version;
end $$;

-- SQLSTATE GR409 where the caller saw another version than the current one; null takes whichever is current.
create function app.expect_version(head public.dataset_versions, number integer) returns void
  language plpgsql stable set search_path = '' as $$
begin
  if number <> head.number then
    raise exception using errcode = 'GR409', message = format('version %s is current, not %s', head.number, number),
      detail = jsonb_build_object('reason', 'version', 'version', head.number)::text;
  end if;
end $$;

-- The change set begun: nothing in it yet.
create function app.begin_change_set(target uuid, kind text, reverts integer) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  version public.dataset_versions;
begin
  update public.dataset_versions v set change_count = change_count + 1 where v.id = target returning v.* into version;
  insert into public.dataset_change_sets (tenant_id, dataset_id, version_id, number, kind, reverts, created_by)
    values (version.tenant_id, version.dataset_id, version.id, version.change_count, begin_change_set.kind,
      begin_change_set.reverts, app.user_id());
  return version.change_count;
end $$;

-- The pieces of SQL that app.write_rows writes to each chunk table with; `named` are the columns that it sets. No nested loop,
-- which the planner takes for few columns: 20,000 times 20,000 comparisons are half a minute.
create function app.write_parts(version public.dataset_versions, named text[])
  returns table (table_name text, names text[], texts text, set_names text[], set_fields text, set_before text, set_after text,
    assignments text, insert_names text, insert_values text)
  language plpgsql stable security definer set search_path = '' set enable_nestloop = off as $$
begin
  return query
    select app.data_table_name(version.id, listed.chunk), array_agg(listed.name order by listed.position) as names,
      string_agg(format('t.%I::text', listed.name), ', ' order by listed.position) as texts,
      array_agg(listed.name order by listed.position) filter (where is_set) as set_names,
      string_agg(format(', %I text', listed.name), '' order by listed.position) filter (where is_set) as set_fields,
      string_agg(format('t.%I::text', listed.name), ', ' order by listed.position) filter (where is_set) as set_before,
      string_agg(format('case when %1$L = any (wanted."Emptied") then null else coalesce(wanted.%1$I::%2$s::text, t.%1$I::text) end',
        listed.name, listed.cast_type), ', ' order by listed.position) filter (where is_set) as set_after,
      string_agg(format('%1$I = (compared.after ->> %1$L)::%2$s', listed.name, listed.cast_type), ', ' order by listed.position)
        filter (where is_set) as assignments,
      string_agg(format(', %I', listed.name), '' order by listed.position) filter (where is_set) as insert_names,
      string_agg(format(', wanted.%I::%s', listed.name, listed.cast_type), '' order by listed.position) filter (where is_set) as insert_values
    from (select c.chunk, c.position, c.name, c.type::regtype as cast_type, n.name is not null as is_set
      from public.dataset_columns c left join unnest(named) as n (name) on n.name = c.name
      where c.tenant_id = version.tenant_id and c.version_id = version.id) listed
    group by listed.chunk order by listed.chunk;
end $$;

-- Writes rows and their history: `deleted` by rowid; `updated` [{rowid, cells}], of which only cells that become another
-- text count as changed; `inserted` [{rowid, user_id, cells}]. Cells are {column: text or null}. Column names and types are
-- those of the catalogue. What is deleted is remembered with its contributor, under the name user_id, which no column has.
create function app.write_rows(target uuid, change_set integer, deleted bigint[], updated jsonb, inserted jsonb) returns void
  language plpgsql volatile security definer set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, YMD'
  set extra_float_digits = 1 as $$
declare
  version public.dataset_versions;
  named constant text[] := array(select distinct jsonb_object_keys(each -> 'cells') from jsonb_array_elements(updated || inserted) each);
  -- flat, so that each row is taken apart once and not once per column; no column has a capital letter
  updates constant jsonb := (select jsonb_agg((each -> 'cells') || jsonb_build_object('rowid', each -> 'rowid', 'Emptied',
      coalesce((select jsonb_agg(cell.key) from jsonb_each(each -> 'cells') cell where cell.value = 'null'), '[]')))
    from jsonb_array_elements(updated) each);
  inserts constant jsonb := (select jsonb_agg((each -> 'cells') || jsonb_build_object('rowid', each -> 'rowid', 'user_id', each -> 'user_id') order by position)
    from jsonb_array_elements(inserted) with ordinality as listed (each, position));
  history text;
  part record;
begin
  select v.* into version from public.dataset_versions v where v.id = target;
  -- a wide row's history comes in parts, a chunk table each
  history := format('insert into public.dataset_row_changes as kept (tenant_id, dataset_id, version_id, change_set, rowid, before, after)
    select %L::uuid, %L::uuid, %L::uuid, %s, rowid, before, after from written
    on conflict (tenant_id, version_id, change_set, rowid)
      do update set before = kept.before || excluded.before, after = kept.after || excluded.after',
    version.tenant_id, version.dataset_id, version.id, change_set);
  for part in
    select * from app.write_parts(version, named)
  loop
    if cardinality(deleted) > 0 then
      execute format('with written as (
          delete from data.%I t where t.rowid = any ($1)
          returning t.rowid, jsonb_object($2, array[%s]) || jsonb_build_object(''user_id'', t.user_id) as before, null::jsonb as after
        ) %s', part.table_name, part.texts, history) using deleted, part.names;
    end if;
    if updates is not null and part.set_names is not null then
      execute format('with compared as materialized (
          select t.rowid, jsonb_object($2, array[%2$s]) as before, jsonb_object($2, array[%3$s]) as after
          from jsonb_to_recordset($1) as wanted (rowid bigint, "Emptied" text[]%6$s) join data.%1$I t on t.rowid = wanted.rowid
        ), changed as (
          update data.%1$I t set %4$s from compared where t.rowid = compared.rowid and compared.before <> compared.after
          returning t.rowid, compared.before, compared.after
        ), written as (
          select rowid, (select jsonb_object_agg(b.key, b.value) from jsonb_each(before) b where b.value <> after -> b.key) as before,
            (select jsonb_object_agg(a.key, a.value) from jsonb_each(after) a where a.value <> before -> a.key) as after
          from changed
        ) %5$s', part.table_name, part.set_before, part.set_after, part.assignments, history, part.set_fields) using updates, part.set_names;
    end if;
    if inserts is not null then
      execute format('with written as (
          insert into data.%I as t (rowid, user_id%s)
          select wanted.rowid, wanted.user_id%s from jsonb_to_recordset($1) as wanted (rowid bigint, user_id uuid%s)
          returning t.rowid, null::jsonb as before, jsonb_object($2, array[%s]) as after
        ) %s', part.table_name, part.insert_names, part.insert_values, part.set_fields, part.texts, history) using inserts, part.names;
    end if;
  end loop;
end $$;

-- Counts what the change set did, and moves the version's and the dataset's figures.
create function app.end_change_set(target uuid, change_set integer) returns public.dataset_change_sets
  language plpgsql volatile security definer set search_path = '' as $$
declare
  version public.dataset_versions;
  done public.dataset_change_sets;
begin
  select v.* into version from public.dataset_versions v where v.id = target;
  update public.dataset_change_sets s
    set inserted = s.inserted + found.inserted, updated = s.updated + found.updated, deleted = s.deleted + found.deleted
    from (select count(*) filter (where c.before is null) as inserted, count(*) filter (where c.after is null) as deleted,
        count(*) filter (where num_nonnulls(c.before, c.after) = 2) as updated
      from public.dataset_row_changes c
      where c.tenant_id = version.tenant_id and c.version_id = target and c.change_set = end_change_set.change_set) found
    where s.tenant_id = version.tenant_id and s.version_id = target and s.number = end_change_set.change_set
    returning s.* into done;
  update public.dataset_versions v set row_count = row_count + done.inserted - done.deleted where v.id = target;
  update public.datasets d set updated_at = now() where d.tenant_id = version.tenant_id and d.id = version.dataset_id;
  return done;
end $$;

create function app.describe_change(target uuid, done public.dataset_change_sets) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select jsonb_build_object('version', v.number, 'versionId', v.id, 'changeSet', done.number,
      'inserted', coalesce(done.inserted, 0), 'updated', coalesce(done.updated, 0), 'deleted', coalesce(done.deleted, 0))
    from public.dataset_versions v where v.id = target);
end $$;

-- Gives every row that is to be inserted its rowid, from the sequence of the first chunk table, and its contributor.
create function app.place_inserts(target uuid, operations jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  sequence constant regclass := (select pg_catalog.pg_get_serial_sequence(format('data.%I', app.data_table_name(target, min(c.chunk))), 'rowid')
    from public.dataset_versions v join public.dataset_columns c on c.tenant_id = v.tenant_id and c.version_id = v.id where v.id = target);
begin
  return (select jsonb_agg(case when each ->> 'op' = 'insert'
      then each || jsonb_build_object('rowid', nextval(sequence), 'user_id', app.user_id()) else each end order by position)
    from jsonb_array_elements(operations) with ordinality as listed (each, position));
end $$;

-- Says which value is not of its column's type: a statement that casts many only says that one is not.
create function app.refuse_values(version public.dataset_versions, operations jsonb) returns void
  language plpgsql volatile security definer set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, YMD' as $$
declare
  cell record;
begin
  for cell in
    select c.name, c.type, c.type::regtype as cast_type, given.value #>> '{}' as value
    from jsonb_array_elements(operations) each, jsonb_each(each -> 'cells') given join public.dataset_columns c on c.name = given.key
    where c.tenant_id = version.tenant_id and c.version_id = version.id and given.value <> 'null' and c.type <> 'text'
  loop
    begin
      execute format('select $1::%s', cell.cast_type) using cell.value;
    exception when data_exception then
      raise exception using errcode = 'GR400',
        message = format('%s is not a %s, which %s is', to_jsonb(left(cell.value, 100)), cell.type, cell.name),
        detail = jsonb_build_object('column', cell.name, 'type', cell.type, 'value', left(cell.value, 100))::text;
    end;
  end loop;
end $$;

-- What a caller sent as [{op, rowid, revision, cells}], in its order. SQLSTATE GR400 where it is not of that shape.
create function app.read_changes(changes jsonb) returns jsonb
  language plpgsql stable set search_path = '' as $$
declare
  bad bigint;
  doubled text;
  operations jsonb;
begin
  if jsonb_typeof(changes) is distinct from 'array' or jsonb_array_length(changes) not between 1 and 1000 then
    raise exception using errcode = 'GR400', message = 'changes are a list of 1 to 1000 operations';
  end if;
  select min(position) into bad from jsonb_array_elements(changes) with ordinality as listed (each, position)
    where (case each ->> 'op'
        when 'insert' then not each ? 'rowid' and jsonb_typeof(each -> 'values') = 'object'
        when 'update' then jsonb_typeof(each -> 'set') = 'object' and each -> 'set' <> '{}'
        when 'delete' then true
      end
      and (each ->> 'op' = 'insert' or jsonb_typeof(each -> 'rowid') = 'number' and each ->> 'rowid' ~ '^\d{1,18}$')
      and coalesce(each ->> 'revision', '0') ~ '^\d{1,9}$') is not true;
  if bad is not null then
    raise exception using errcode = 'GR400', message = format('operation %s is not an update, delete or insert', bad),
      detail = jsonb_build_object('operation', bad)::text;
  end if;
  select each ->> 'rowid' into doubled from jsonb_array_elements(changes) each
    where each ? 'rowid' group by 1 having count(*) > 1 limit 1;
  if doubled is not null then
    raise exception using errcode = 'GR400', message = format('row %s is named twice', doubled),
      detail = jsonb_build_object('rowId', doubled::bigint)::text;
  end if;
  select jsonb_agg(jsonb_build_object('op', each ->> 'op', 'rowid', each -> 'rowid', 'revision', each -> 'revision',
      'cells', case each ->> 'op' when 'update' then each -> 'set' when 'insert' then each -> 'values' else '{}' end) order by position)
    into operations from jsonb_array_elements(changes) with ordinality as listed (each, position);
  if exists (select from jsonb_array_elements(operations) each, jsonb_each(each -> 'cells') cell
      where jsonb_typeof(cell.value) not in ('string', 'null')) then
    raise exception using errcode = 'GR400', message = 'a cell is text or null';
  end if;
  return operations;
end $$;

-- One change set of up to 1000 operations on the current version:
--   {op: 'update', rowid, revision, set: {column: text or null}}, {op: 'delete', rowid, revision}, {op: 'insert', values: {…}}
-- `version` is the number of the version that the caller saw, `revision` the row's (0: as it was loaded); null, or none,
-- takes what is there. Returns {version, versionId, changeSet, inserted, updated, deleted, rows: [{rowId, revision}]}, the
-- rows in the order of the operations; changeSet is null where nothing had to change. The version is another one than
-- before where that one is kept as it is (app.thaw).
-- SQLSTATE GR400: a column, value or operation that does not fit; GR404: no such dataset or row; GR409: another version is
-- current, or a row was changed meanwhile; GR412 as app.writable_head; GR429: too many cells at once.
create function app.change_rows(dataset uuid, version integer, changes jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most_cells constant bigint := 1000000;
  operations jsonb := app.read_changes(changes);
  rowids bigint[] := array(select (each ->> 'rowid')::bigint from jsonb_array_elements(operations) each where each ->> 'op' <> 'insert');
  head public.dataset_versions;
  target uuid;
  done public.dataset_change_sets;
  stale jsonb;
  missing bigint;
  first_table text;
  unknown text;
  width bigint;
begin
  head := app.lock_head(dataset);
  perform app.expect_version(head, version);

  select count(*), app.data_table_name(head.id, min(c.chunk)) into width, first_table
    from public.dataset_columns c where c.tenant_id = head.tenant_id and c.version_id = head.id;
  if width = 0 then
    raise exception using errcode = 'GR412', message = 'the current version has no columns';
  end if;
  if (select sum(case each ->> 'op' when 'update' then (select count(*) from jsonb_object_keys(each -> 'cells')) else width end)
      from jsonb_array_elements(operations) each) > most_cells then
    raise exception using errcode = 'GR429', message = 'too many cells for one change set; send fewer rows at once',
      detail = jsonb_build_object('limit', most_cells, 'columns', width)::text;
  end if;
  select min(named.key) into unknown from (select jsonb_object_keys(each -> 'cells') as key from jsonb_array_elements(operations) each) named
    where not exists (select from public.dataset_columns c
      where c.tenant_id = head.tenant_id and c.version_id = head.id and c.name = named.key);
  if unknown is not null then
    raise exception using errcode = 'GR400', message = format('there is no column %s', to_jsonb(left(unknown, 100))),
      detail = jsonb_build_object('column', left(unknown, 100), 'columns', (select jsonb_agg(c.name order by c.position)
        from public.dataset_columns c where c.tenant_id = head.tenant_id and c.version_id = head.id and c.position < 100))::text;
  end if;

  select jsonb_agg(jsonb_build_object('rowId', r.rowid, 'revision', r.revision) order by r.rowid) into stale
    from jsonb_array_elements(operations) each join app.row_revisions(head.id, rowids) r on r.rowid = (each ->> 'rowid')::bigint
    where (each ->> 'revision')::integer <> r.revision;
  if stale is not null then
    raise exception using errcode = 'GR409', message = format('row %s was changed meanwhile', stale -> 0 -> 'rowId'),
      detail = jsonb_build_object('reason', 'revision', 'rows', stale)::text;
  end if;
  execute format('select min(wanted) from unnest($1) wanted where not exists (select from data.%I t where t.rowid = wanted)', first_table)
    into missing using rowids;
  if missing is not null then
    raise exception using errcode = 'GR404', message = format('there is no row %s', missing),
      detail = jsonb_build_object('rowId', missing)::text;
  end if;

  begin
    target := app.thaw(head);
    operations := app.place_inserts(target, operations);
    done.number := app.begin_change_set(target, 'rows', null);
    perform app.write_rows(target, done.number,
      array(select (each ->> 'rowid')::bigint from jsonb_array_elements(operations) each where each ->> 'op' = 'delete'),
      (select coalesce(jsonb_agg(each), '[]') from jsonb_array_elements(operations) each where each ->> 'op' = 'update'),
      (select coalesce(jsonb_agg(each order by position), '[]')
        from jsonb_array_elements(operations) with ordinality as listed (each, position) where each ->> 'op' = 'insert'));
    done := app.end_change_set(target, done.number);
    if done.inserted + done.updated + done.deleted = 0 then
      raise exception using errcode = 'GRNOP';
    end if;
  exception
    when sqlstate 'GRNOP' then -- nothing is recorded, nothing was copied
      done := null;
      target := head.id;
    when data_exception then
      perform app.refuse_values(head, operations);
      raise;
    when program_limit_exceeded then
      raise exception using errcode = 'GR400', message = 'a value is too large for its column, which has an index, or for its row';
  end;
  rowids := array(select (each ->> 'rowid')::bigint from jsonb_array_elements(operations) each);
  return app.describe_change(target, done) || jsonb_build_object('rows', (
    select jsonb_agg(jsonb_build_object('rowId', r.rowid, 'revision', r.revision) order by listed.position)
    from jsonb_array_elements(operations) with ordinality as listed (each, position)
    join app.row_revisions(target, rowids) r on r.rowid = (listed.each ->> 'rowid')::bigint));
end $$;

-- Takes a change set of the current version back, as a new one: what it deleted comes back under its rowid and with its
-- contributor, what it inserted goes, cells become what they were. Returns as app.change_rows, without rows. SQLSTATE GR404: no such
-- change set; GR409: another version is current, or a row that it touched was changed since (what was taken back itself does not
-- count, so that change sets can be taken back one after the other); GR412: it deleted rows that had come in bulk, which are not
-- kept one by one, or it is too large.
create function app.revert_change_set(dataset uuid, version integer, number integer) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most_rows constant integer := 20000;
  most_cells constant bigint := 1000000;
  width bigint;
  touching_rows bigint;
  whole_rows bigint;
  head public.dataset_versions;
  back public.dataset_change_sets;
  target uuid;
  done public.dataset_change_sets;
  touched jsonb;
  gone bigint := 0;
  table_name text;
  later record;
  undone integer[] := '{}';
  neutral integer[] := '{}'; -- what was taken back, and what took it back: together they left no trace
begin
  head := app.lock_head(dataset);
  perform app.expect_version(head, version);
  select s.* into back from public.dataset_change_sets s
    where s.tenant_id = head.tenant_id and s.version_id = head.id and s.number = revert_change_set.number;
  if back.number is null then
    raise exception using errcode = 'GR404', message = 'no such change set';
  end if;
  if back.kind = 'revert' and back.first_rowid is not null then
    raise exception using errcode = 'GR412', message = 'the rows that came in bulk and were taken back are not kept: deliver them again',
      detail = jsonb_build_object('reason', 'bulk')::text;
  end if;
  select count(*), count(*) filter (where num_nonnulls(c.before, c.after) = 1) into touching_rows, whole_rows
    from public.dataset_row_changes c where c.tenant_id = head.tenant_id and c.version_id = head.id and c.change_set = back.number;
  select count(*) into width from public.dataset_columns c where c.tenant_id = head.tenant_id and c.version_id = head.id;
  if touching_rows > most_rows or whole_rows * width > most_cells then
    raise exception using errcode = 'GR412', message = 'the change set is too large to be taken back',
      detail = jsonb_build_object('reason', 'size', 'rows', most_rows, 'cells', most_cells)::text;
  end if;
  for later in
    select s.number, s.reverts from public.dataset_change_sets s
    where s.tenant_id = head.tenant_id and s.version_id = head.id and s.number > back.number and s.reverts > back.number
    order by s.number desc
  loop
    if later.number <> all (undone) then -- a revert may have been taken back as well
      undone := undone || later.reverts;
    end if;
    neutral := neutral || later.number;
  end loop;
  neutral := neutral || undone;
  select jsonb_agg(jsonb_build_object('rowId', touching.rowid, 'revision', touching.change_set)) into touched from (
    select c.rowid, max(c.change_set) as change_set from public.dataset_row_changes c
    where c.tenant_id = head.tenant_id and c.version_id = head.id and c.change_set > back.number and c.change_set <> all (neutral)
      and (c.rowid between back.first_rowid and back.last_rowid or exists (select from public.dataset_row_changes own
        where own.tenant_id = head.tenant_id and own.version_id = head.id and own.change_set = back.number and own.rowid = c.rowid))
    group by c.rowid
    union all
    select s.first_rowid, s.number from public.dataset_change_sets s
    where s.tenant_id = head.tenant_id and s.version_id = head.id and s.number > back.number and s.number <> all (neutral) and s.first_rowid is not null
      and (s.first_rowid <= back.last_rowid and s.last_rowid >= back.first_rowid or exists (select from public.dataset_row_changes own
        where own.tenant_id = head.tenant_id and own.version_id = head.id and own.change_set = back.number and own.rowid between s.first_rowid and s.last_rowid))
    order by 1 limit 20) touching;
  if touched is not null then
    raise exception using errcode = 'GR409', message = format('row %s was changed since', touched -> 0 -> 'rowId'),
      detail = jsonb_build_object('reason', 'revision', 'rows', touched)::text;
  end if;

  target := app.thaw(head);
  done.number := app.begin_change_set(target, 'revert', case when target = head.id then back.number end);
  perform app.write_rows(target, done.number,
    array(select c.rowid from public.dataset_row_changes c
      where c.tenant_id = head.tenant_id and c.version_id = head.id and c.change_set = back.number and c.before is null),
    (select coalesce(jsonb_agg(jsonb_build_object('rowid', c.rowid, 'cells', c.before)), '[]') from public.dataset_row_changes c
      where c.tenant_id = head.tenant_id and c.version_id = head.id and c.change_set = back.number and num_nonnulls(c.before, c.after) = 2),
    (select coalesce(jsonb_agg(jsonb_build_object('rowid', c.rowid, 'user_id', c.before -> 'user_id', 'cells', c.before - 'user_id') order by c.rowid), '[]')
      from public.dataset_row_changes c
      where c.tenant_id = head.tenant_id and c.version_id = head.id and c.change_set = back.number and c.after is null));
  if back.first_rowid is not null then
    for table_name in
      select distinct app.data_table_name(target, c.chunk) from public.dataset_columns c
      where c.tenant_id = head.tenant_id and c.version_id = target
    loop
      execute format('delete from data.%I t where t.rowid between $1 and $2', table_name) using back.first_rowid, back.last_rowid;
      get diagnostics gone = row_count;
    end loop;
    update public.dataset_change_sets s set first_rowid = back.first_rowid, last_rowid = back.last_rowid, deleted = gone
      where s.tenant_id = head.tenant_id and s.version_id = target and s.number = done.number;
  end if;
  done := app.end_change_set(target, done.number);
  return app.describe_change(target, done);
end $$;

revoke all on function app.row_revisions, app.expect_version, app.begin_change_set, app.write_parts, app.write_rows, app.end_change_set,
  app.describe_change, app.place_inserts, app.refuse_values, app.read_changes, app.change_rows, app.revert_change_set from public;
grant execute on function app.change_rows, app.revert_change_set to granary_member;
