-- Correct a quarantined row, dismiss it, take either back; ask for a replay and carry it out.

-- The delivery of this number, its dataset's row locked, for whoever may write. GR404.
create function app.lock_delivery(dataset uuid, version integer) returns public.dataset_versions
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked constant public.datasets := app.lock_dataset(dataset);
  delivery public.dataset_versions;
begin
  select v.* into delivery from public.dataset_versions v
    where v.tenant_id = locked.tenant_id and v.dataset_id = locked.id and v.number = version
      -- as text: a version whose rows were removed keeps its quarantine while a copy of it is kept
      and v.state::text in ('ready', 'merged', 'removed');
  if delivery.id is null then
    raise exception using errcode = 'GR404', message = format('the dataset has no version %s with a quarantine', version),
      detail = jsonb_build_object('version', version)::text;
  end if;
  return delivery;
end $$;

-- GR412 where the text of quarantined rows is not to be had or not to be written down: it is sealed, or was not kept.
create function app.require_plain_quarantine(delivery public.dataset_versions) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if delivery.identifiers <> '{}' or delivery.sealed_file_id is not null or exists (select from public.datasets d
      where d.tenant_id = delivery.tenant_id and d.id = delivery.dataset_id and d.identifiers <> '{}') then
    raise exception using errcode = 'GR412',
      message = 'the dataset has direct identifiers, and the text of its quarantined rows is sealed: load a corrected file instead',
      detail = jsonb_build_object('reason', 'sealed')::text;
  end if;
  if delivery.options ->> 'keepOriginal' = 'false' then
    raise exception using errcode = 'GR412',
      message = 'nothing of the file was to be kept, so the text of its quarantined rows is gone: load a corrected file instead',
      detail = jsonb_build_object('reason', 'notKept')::text;
  end if;
end $$;

-- GR412 where single rows cannot be read as the file was: those of a binary file are only shown as text.
create function app.require_readable_rows(delivery public.dataset_versions) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if delivery.format ->> 'format' = 'parquet' then
    raise exception using errcode = 'GR412',
      message = 'rows of a Parquet file are not corrected as text: load a corrected file instead, for example with append',
      detail = jsonb_build_object('reason', 'format', 'format', delivery.format -> 'format')::text;
  end if;
end $$;

-- What everybody who decides about rows names: [{"number": …, "revision": …}, …], the revision being the last that they saw
-- (left out: whatever it is). GR404 for a row that is not there, GR409 for one that somebody else decided about since, GR412
-- for one that is in the dataset. The dataset's row is locked by the caller.
create function app.expect_quarantined(delivery public.dataset_versions, items jsonb) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_number bigint;
  conflicts jsonb;
begin
  select i.number into found_number from jsonb_to_recordset(items) as i (number bigint) group by i.number having count(*) > 1 limit 1;
  if found_number is not null then
    raise exception using errcode = 'GR400', message = format('row %s is named twice', found_number),
      detail = jsonb_build_object('number', found_number)::text;
  end if;
  select i.number into found_number from jsonb_to_recordset(items) as i (number bigint)
    where not exists (select from public.quarantined_rows q
      where q.tenant_id = delivery.tenant_id and q.version_id = delivery.id and q.number = i.number)
    order by 1 limit 1;
  if found_number is not null then
    raise exception using errcode = 'GR404', message = format('there is no row %s in the quarantine of version %s', found_number, delivery.number),
      detail = jsonb_build_object('number', found_number)::text;
  end if;
  select i.number into found_number from jsonb_to_recordset(items) as i (number bigint)
    join public.quarantine_reviews r on r.tenant_id = delivery.tenant_id and r.version_id = delivery.id and r.number = i.number
    where r.state = 'replayed' order by 1 limit 1;
  if found_number is not null then
    raise exception using errcode = 'GR412', message = format('row %s is in the dataset: change it there', found_number),
      detail = jsonb_build_object('number', found_number, 'reason', 'replayed')::text;
  end if;
  select jsonb_agg(jsonb_build_object('number', late.number, 'revision', late.revision)) into conflicts from (
    select i.number, coalesce(r.revision, 0) as revision from jsonb_to_recordset(items) as i (number bigint, revision integer)
    left join public.quarantine_reviews r on r.tenant_id = delivery.tenant_id and r.version_id = delivery.id and r.number = i.number
    where i.revision is not null and i.revision <> coalesce(r.revision, 0)
    order by 1 limit 20) late;
  if conflicts is not null then
    raise exception using errcode = 'GR409', message = format('row %s was changed since', conflicts -> 0 -> 'number'),
      detail = jsonb_build_object('reason', 'revision', 'rows', conflicts)::text;
  end if;
end $$;

-- [{"number": …, "revision": …, "state": …}, …] of the named rows, in the order of their numbers.
create function app.describe_reviews(delivery public.dataset_versions, items jsonb) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (select coalesce(jsonb_agg(jsonb_build_object('number', i.number, 'revision', coalesce(r.revision, 0), 'state', coalesce(r.state, 'open')) order by i.number), '[]')
    from jsonb_to_recordset(items) as i (number bigint)
    left join public.quarantine_reviews r on r.tenant_id = delivery.tenant_id and r.version_id = delivery.id and r.number = i.number);
end $$;

-- What is to be read instead of rows' texts: [{"number": …, "revision": …, "text": …}, …]; a null, or the row's own text,
-- takes a correction back. What is so already does not count as a decision. A dismissed row is open again.
create function app.correct_quarantined(dataset uuid, version integer, items jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery constant public.dataset_versions := app.lock_delivery(dataset, version);
  corrected bigint;
begin
  perform app.require_plain_quarantine(delivery);
  perform app.require_readable_rows(delivery);
  perform app.expect_quarantined(delivery, items);
  insert into public.quarantine_reviews as known (tenant_id, dataset_id, version_id, number, revision, state, correction, corrected_by, corrected_at)
    select delivery.tenant_id, delivery.dataset_id, delivery.id, i.number, 1, 'open', told.text,
      case when told.text is not null then app.user_id() end, case when told.text is not null then now() end
    from jsonb_to_recordset(items) as i (number bigint, text text)
    join public.quarantined_rows q on q.tenant_id = delivery.tenant_id and q.version_id = delivery.id and q.number = i.number
    left join public.quarantine_reviews r on r.tenant_id = delivery.tenant_id and r.version_id = delivery.id and r.number = i.number
    cross join lateral (select nullif(i.text, q.raw) as text) told
    where told.text is distinct from r.correction
  on conflict (tenant_id, version_id, number) do update set revision = known.revision + 1, state = 'open',
    correction = excluded.correction, corrected_by = excluded.corrected_by, corrected_at = excluded.corrected_at,
    dismissal = null, dismissed_by = null, dismissed_at = null;
  get diagnostics corrected = row_count;
  return jsonb_build_object('changed', corrected, 'rows', app.describe_reviews(delivery, items));
end $$;

-- Leaves rows where they are, and says why. They stay in quarantine and counted.
create function app.dismiss_quarantined(dataset uuid, version integer, items jsonb, reason text) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery constant public.dataset_versions := app.lock_delivery(dataset, version);
  dismissed bigint;
begin
  perform app.expect_quarantined(delivery, items);
  insert into public.quarantine_reviews as known (tenant_id, dataset_id, version_id, number, revision, state, dismissal, dismissed_by, dismissed_at)
    select delivery.tenant_id, delivery.dataset_id, delivery.id, i.number, 1, 'dismissed', dismiss_quarantined.reason, app.user_id(), now()
    from jsonb_to_recordset(items) as i (number bigint)
  on conflict (tenant_id, version_id, number) do update set revision = known.revision + 1, state = 'dismissed',
    dismissal = excluded.dismissal, dismissed_by = excluded.dismissed_by, dismissed_at = excluded.dismissed_at
    where known.state <> 'dismissed' or known.dismissal <> excluded.dismissal;
  get diagnostics dismissed = row_count;
  return jsonb_build_object('changed', dismissed, 'rows', app.describe_reviews(delivery, items));
end $$;

-- Takes dismissals back: the rows are open, with the correction that they had.
create function app.reopen_quarantined(dataset uuid, version integer, items jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery constant public.dataset_versions := app.lock_delivery(dataset, version);
  reopened bigint;
begin
  perform app.expect_quarantined(delivery, items);
  update public.quarantine_reviews r set revision = r.revision + 1, state = 'open', dismissal = null, dismissed_by = null, dismissed_at = null
    from jsonb_to_recordset(items) as i (number bigint)
    where r.tenant_id = delivery.tenant_id and r.version_id = delivery.id and r.number = i.number and r.state = 'dismissed';
  get diagnostics reopened = row_count;
  return jsonb_build_object('changed', reopened, 'rows', app.describe_reviews(delivery, items));
end $$;

-- GR412 unless the rows of a delivery are among those of the current version: it is the delivery, or the delivery went into
-- it, or the same of a version that it was copied from, before it was.
create function app.require_part_of_head(delivery public.dataset_versions) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (
    with recursive line (id, copied_from, copied_change_set, until) as (
      select v.id, v.copied_from, v.copied_change_set, v.change_count
        from public.datasets d join public.dataset_versions v on v.tenant_id = d.tenant_id and v.id = d.current_version_id
        where d.tenant_id = delivery.tenant_id and d.id = delivery.dataset_id
      union
      select v.id, v.copied_from, v.copied_change_set, line.copied_change_set
        from line join public.dataset_versions v on v.tenant_id = delivery.tenant_id and v.id = line.copied_from)
    select from line where line.id = delivery.id or (line.id = delivery.merged_into and delivery.merged_change_set <= line.until))
  then
    raise exception using errcode = 'GR412', message = 'the rows of this version are not among the current ones, so nothing can be added to them',
      detail = jsonb_build_object('reason', 'notCurrent', 'version', delivery.number)::text;
  end if;
end $$;

-- The rows that a replay is to try: open, and corrected unless all were asked for. Of millions in quarantine a few may be
-- corrected, so these are looked for among the reviews.
create function app.rows_to_replay(tenant uuid, delivery uuid, request jsonb, beyond bigint, most integer)
  returns table (number bigint, revision integer, text text, is_corrected boolean)
  language plpgsql stable security definer set search_path = '' as $$
begin
  if request ->> 'rows' = 'all' then
    return query select q.number, coalesce(r.revision, 0), coalesce(r.correction, q.raw), r.correction is not null
      from public.quarantined_rows q
      left join public.quarantine_reviews r on r.tenant_id = q.tenant_id and r.version_id = q.version_id and r.number = q.number and r.number > beyond
      where q.tenant_id = tenant and q.version_id = delivery and q.number > beyond and coalesce(r.state, 'open') = 'open'
        and (not request ? 'column' or (case when r.reason is not null then r.column_name else q.column_name end) = request ->> 'column')
        and (not request ? 'reason' or strpos(coalesce(r.reason, q.reason), request ->> 'reason') > 0)
      order by q.number limit most;
  else
    return query select r.number, r.revision, r.correction, true
      from public.quarantine_reviews r
      join public.quarantined_rows q on q.tenant_id = r.tenant_id and q.version_id = r.version_id and q.number = r.number
      where r.tenant_id = tenant and r.version_id = delivery and r.number > beyond and r.state = 'open' and r.correction is not null
        and (not request ? 'column' or (case when r.reason is not null then r.column_name else q.column_name end) = request ->> 'column')
        and (not request ? 'reason' or strpos(coalesce(r.reason, q.reason), request ->> 'reason') > 0)
      order by r.number limit most;
  end if;
end $$;

-- Asks for a replay; the caller's transaction queues its job.
create function app.request_replay(dataset uuid, version integer, request jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most_rows constant integer := 100000;
  most_waiting constant integer := 20;
  delivery constant public.dataset_versions := app.lock_delivery(dataset, version);
  wanted bigint;
  replay uuid;
begin
  perform app.require_plain_quarantine(delivery);
  perform app.require_readable_rows(delivery);
  perform app.require_part_of_head(delivery);
  select count(*) into wanted from app.rows_to_replay(delivery.tenant_id, delivery.id, request, 0, most_rows + 1);
  if wanted = 0 then
    raise exception using errcode = 'GR412',
      message = case when request ->> 'rows' = 'all' then 'no such row is in quarantine' else 'no such row is corrected: correct some first' end,
      detail = jsonb_build_object('reason', 'nothing')::text;
  end if;
  if wanted > most_rows then
    raise exception using errcode = 'GR429', message = format('more than %s rows are to be tried: load the file again with other options instead', most_rows),
      detail = jsonb_build_object('limit', most_rows)::text;
  end if;
  if (select count(*) from public.quarantine_replays r
      where r.tenant_id = delivery.tenant_id and r.dataset_id = dataset and r.state in ('queued', 'running')) >= most_waiting then
    raise exception using errcode = 'GR429', message = 'too many replays are waiting', detail = jsonb_build_object('limit', most_waiting)::text;
  end if;
  insert into public.quarantine_replays (tenant_id, dataset_id, version_id, request, created_by)
    values (delivery.tenant_id, dataset, delivery.id, request_replay.request, app.user_id())
    returning id into replay;
  return replay;
end $$;

-- A replay that is still to be carried out, and its delivery, for who asked; locks the dataset's row. GR404.
create function app.lock_replay(replay uuid, out asked public.quarantine_replays, out delivery public.dataset_versions)
  language plpgsql volatile security definer set search_path = '' as $$
begin
  select r.* into asked from public.quarantine_replays r where r.id = replay and r.created_by = app.user_id();
  if asked.id is null then
    raise exception using errcode = 'GR404', message = 'no such replay';
  end if;
  perform app.lock_dataset(asked.dataset_id);
  -- again, under the lock: another worker may have carried it out
  select r.* into asked from public.quarantine_replays r where r.id = replay and r.state in ('queued', 'running') for update;
  select v.* into delivery from public.dataset_versions v where v.tenant_id = asked.tenant_id and v.id = asked.version_id;
end $$;

-- What a replay of the caller's is to read, some rows at a time. No row: it was carried out already, or may not be any more.
create function app.read_replay(replay uuid, beyond bigint, most integer)
  returns table (number bigint, revision integer, text text, is_corrected boolean)
  language plpgsql stable security definer set search_path = '' as $$
declare
  asked public.quarantine_replays;
begin
  select r.* into asked from public.quarantine_replays r where r.id = replay and r.created_by = app.user_id() and r.state in ('queued', 'running');
  if asked.id is not null and app.may_access_dataset(asked.dataset_id, 'write') then
    return query select * from app.rows_to_replay(asked.tenant_id, asked.version_id, asked.request, beyond, most);
  end if;
end $$;

-- Begins the transaction of a replay, in the session of who asked: locks, checks everything again, and makes the version
-- whose tables the rows are read into. Null: it was carried out already.
create function app.begin_replay(replay uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked record;
  scratch uuid;
begin
  locked := app.lock_replay(replay);
  if (locked.asked).id is null then
    return null;
  end if;
  perform app.require_plain_quarantine(locked.delivery);
  perform app.require_part_of_head(locked.delivery);
  insert into public.dataset_versions (tenant_id, dataset_id, number, original_bytes, original_name, mode, key_columns, created_by)
    values ((locked.delivery).tenant_id, (locked.delivery).dataset_id, 2147483647, 0, 'replay',
      case when (locked.delivery).mode = 'upsert' then 'upsert' else 'append' end, (locked.delivery).key_columns, app.user_id())
    returning id into scratch;
  -- below all numbers, so that a copy of the current version gets the one that follows; whatever gives numbers to versions
  -- that are inserted gives none to this one
  update public.dataset_versions v set number = 0 where v.id = scratch;
  return scratch;
end $$;

-- Ends it: the rows of the scratch tables go into the current version as one change set, and the accounts move with them.
-- `numbers` and `revisions` are the rows', in the tables' order; `refused` is [{"number": …, "revision": …, "reason": …,
-- "column": …}, …]: they stay, with this reason. GR409 where somebody decided about one of them meanwhile.
create function app.finish_replay(replay uuid, scratch uuid, numbers bigint[], revisions integer[], refused jsonb) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked record;
  asked public.quarantine_replays;
  delivery public.dataset_versions;
  head public.dataset_versions;
  head_id uuid;
  made integer;
  there bigint;
  moved bigint := 0;
  noted bigint;
begin
  locked := app.lock_replay(replay);
  asked := locked.asked;
  delivery := locked.delivery;
  if asked.id is null or not exists (select from public.dataset_versions v where v.tenant_id = asked.tenant_id
      and v.dataset_id = asked.dataset_id and v.id = scratch and v.state = 'loading' and v.number = 0) then
    raise exception using errcode = 'GR412', message = 'the replay was not begun';
  end if;
  if cardinality(numbers) > 0 then
    execute format('select count(*) from data.%I', app.data_table_name(scratch, 1)) into there;
    if there <> cardinality(numbers) or cardinality(numbers) <> cardinality(revisions) then
      raise exception 'rows went missing: % are to be replayed, and % are there', cardinality(numbers), there;
    end if;
    head := app.lock_head(asked.dataset_id);
    if app.version_is_frozen(head.id) and not exists (select from public.dataset_versions v
        where v.tenant_id = head.tenant_id and v.copied_from = head.id and v.state = 'loading') then
      -- of any size: nobody waits for this command but its job
      head_id := app.begin_copy(head, app.user_id());
      perform app.fill_copy(head_id);
      update public.datasets d set current_version_id = head_id where d.tenant_id = head.tenant_id and d.id = asked.dataset_id;
    else
      head_id := app.thaw(head);
    end if;
    perform app.check_fit(scratch, head_id);
    made := app.absorb_rows(scratch, head_id, 'replay',
      case when delivery.mode = 'upsert' then delivery.key_columns else '{}' end, delivery.id);
    insert into public.quarantine_reviews as known (tenant_id, dataset_id, version_id, number, revision, state, replayed_into, replayed_change_set)
      select asked.tenant_id, asked.dataset_id, asked.version_id, t.number, 1, 'replayed', head_id, made
      from unnest(numbers, revisions) as t (number, revision)
      left join public.quarantine_reviews r on r.tenant_id = asked.tenant_id and r.version_id = asked.version_id and r.number = t.number
      where coalesce(r.revision, 0) = t.revision and coalesce(r.state, 'open') = 'open'
    on conflict (tenant_id, version_id, number) do update set revision = known.revision + 1, state = 'replayed',
      replayed_into = excluded.replayed_into, replayed_change_set = excluded.replayed_change_set;
    get diagnostics moved = row_count;
    update public.dataset_loads l set loaded_rows = l.loaded_rows + moved, quarantined_rows = l.quarantined_rows - moved, updated_at = now()
      where l.tenant_id = asked.tenant_id and l.version_id = asked.version_id;
    -- of the current version itself, absorb_rows counted
    update public.dataset_versions v set row_count = v.row_count + moved
      where v.tenant_id = asked.tenant_id and v.id = asked.version_id and v.state = 'merged';
  end if;
  insert into public.quarantine_reviews as known (tenant_id, dataset_id, version_id, number, revision, state, reason, column_name)
    select asked.tenant_id, asked.dataset_id, asked.version_id, t.number, 0, 'open', t.reason, t."column"
    from jsonb_to_recordset(refused) as t (number bigint, revision integer, reason text, "column" text)
    left join public.quarantine_reviews r on r.tenant_id = asked.tenant_id and r.version_id = asked.version_id and r.number = t.number
    where coalesce(r.revision, 0) = t.revision and coalesce(r.state, 'open') = 'open'
  -- nobody decided anything: the revision stays, so that the next correction needs no second look
  on conflict (tenant_id, version_id, number) do update set reason = excluded.reason, column_name = excluded.column_name;
  get diagnostics noted = row_count;
  if moved <> cardinality(numbers) or noted <> jsonb_array_length(refused) then
    raise exception using errcode = 'GR409', message = 'rows were corrected or dismissed while they were read';
  end if;
  delete from public.dataset_versions v where v.tenant_id = asked.tenant_id and v.id = scratch;
  update public.quarantine_replays r set state = 'ready', replayed = moved, refused = noted, finished_at = now(), change_set = made,
      into_version = (select v.number from public.dataset_versions v where v.tenant_id = asked.tenant_id and v.id = head_id)
    where r.tenant_id = asked.tenant_id and r.id = replay;
end $$;

-- Whoever takes a replay back gets its rows back into quarantine: they would be nowhere otherwise. The dataset's row is
-- locked by the caller.
create function app.return_to_quarantine(head public.dataset_versions, change_set integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  with returned as (
    update public.quarantine_reviews r set revision = r.revision + 1, state = 'open', replayed_into = null, replayed_change_set = null
      where r.tenant_id = head.tenant_id and r.replayed_into = head.id and r.replayed_change_set = change_set
      returning r.version_id),
  counted as (select version_id, count(*) as n from returned group by version_id),
  loads as (
    update public.dataset_loads l set loaded_rows = l.loaded_rows - c.n, quarantined_rows = l.quarantined_rows + c.n, updated_at = now()
      from counted c where l.tenant_id = head.tenant_id and l.version_id = c.version_id)
  update public.dataset_versions v set row_count = v.row_count - c.n
    from counted c where v.tenant_id = head.tenant_id and v.id = c.version_id and v.state = 'merged';
end $$;

-- As in 20261126030100; the rows of a replay go back into quarantine.
create or replace function app.revert_change_set(dataset uuid, version integer, number integer) returns jsonb
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
  perform app.return_to_quarantine(head, back.number);
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

revoke all on function app.lock_delivery, app.require_plain_quarantine, app.require_readable_rows, app.expect_quarantined, app.describe_reviews,
  app.correct_quarantined, app.dismiss_quarantined, app.reopen_quarantined, app.require_part_of_head, app.rows_to_replay,
  app.read_replay, app.request_replay, app.lock_replay, app.begin_replay, app.finish_replay, app.return_to_quarantine from public;
grant execute on function app.correct_quarantined, app.dismiss_quarantined, app.reopen_quarantined, app.request_replay,
  app.read_replay, app.begin_replay, app.finish_replay to granary_member;
