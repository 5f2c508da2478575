-- Rows in quarantine whose text is sealed are corrected and replayed as well: the correction is sealed before it gets here, and
-- a replay reads what it opens with identifiers replaced.

-- Whether the text of a delivery's quarantined rows, and what is written instead of it, is sealed.
create function app.seals_quarantine(delivery public.dataset_versions) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return delivery.sealed_file_id is not null and delivery.identifiers <> '{}' and delivery.identifiers @> (select d.identifiers
    from public.datasets d where d.tenant_id = delivery.tenant_id and d.id = delivery.dataset_id);
end $$;

-- GR412 where the text of quarantined rows is not to be had or not to be written down: it was not kept, or it stands there as
-- in the file though identifiers were declared since, or it was sealed when nobody noted whether its identifiers were
-- replaced. One load writes all of them, so its first row tells.
create function app.require_kept_quarantine(delivery public.dataset_versions) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  first_text text;
begin
  if delivery.options ->> 'keepOriginal' = 'false' then
    raise exception using errcode = 'GR412',
      message = 'nothing of the file was to be kept, so the text of its quarantined rows is gone: load a corrected file instead',
      detail = jsonb_build_object('reason', 'notKept')::text;
  end if;
  if app.seals_quarantine(delivery) then
    select q.raw into first_text from public.quarantined_rows q
      where q.tenant_id = delivery.tenant_id and q.version_id = delivery.id order by q.number limit 1;
    if first_text is not null and split_part(first_text, ':', 4) = '' then
      raise exception using errcode = 'GR412',
        message = 'these rows were set apart before it was noted in which of them identifiers are replaced already: load the file again (datasets.reload), or load a corrected one',
        detail = jsonb_build_object('reason', 'unmarked')::text;
    end if;
  elsif exists (select from public.datasets d
      where d.tenant_id = delivery.tenant_id and d.id = delivery.dataset_id and d.identifiers <> '{}') then
    raise exception using errcode = 'GR412',
      message = 'the rows of this version hold values of declared identifiers, which are not replaced yet: nothing is added to them',
      detail = jsonb_build_object('reason', 'identifiers')::text;
  end if;
end $$;

-- What a caller seals corrections with: the named rows of a delivery whose text is sealed, for who administers the dataset; no
-- row where it is not sealed. `items` as app.expect_quarantined has them. Locks the dataset's row. GR403, GR404, GR409, GR412.
create function app.sealed_rows_to_correct(dataset uuid, version integer, items jsonb)
  returns table (version_id uuid, number bigint, byte_offset bigint, raw text, correction text)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery constant public.dataset_versions := app.lock_delivery(dataset, version);
begin
  perform app.require_kept_quarantine(delivery);
  if not app.seals_quarantine(delivery) then
    return;
  end if;
  perform app.require_correcting_administrator(dataset);
  perform app.expect_quarantined(delivery, items);
  return query select q.version_id, q.number, q.byte_offset, q.raw, r.correction
    from jsonb_to_recordset(items) as i (number bigint)
    join public.quarantined_rows q on q.tenant_id = delivery.tenant_id and q.version_id = delivery.id and q.number = i.number
    left join public.quarantine_reviews r on r.tenant_id = q.tenant_id and r.version_id = q.version_id and r.number = q.number;
end $$;

-- GR403: whoever corrects a sealed text has read it.
create function app.require_correcting_administrator(dataset uuid) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR403', message = 'the text of these rows is sealed: only who administers the dataset corrects it';
  end if;
end $$;

-- As in 20261127020100, with the reason.
create or replace function app.require_readable_rows(delivery public.dataset_versions) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if delivery.format ->> 'format' = 'parquet' then
    raise exception using errcode = 'GR412',
      message = 'a Parquet file is binary: its rows have no text to correct or to read again; load a corrected file instead, for example with append',
      detail = jsonb_build_object('reason', 'format', 'format', delivery.format -> 'format')::text;
  end if;
end $$;

-- As in 20261127020100; where the text of rows is sealed, a correction is too, or it is refused.
create or replace function app.correct_quarantined(dataset uuid, version integer, items jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery constant public.dataset_versions := app.lock_delivery(dataset, version);
  corrected bigint;
begin
  perform app.require_kept_quarantine(delivery);
  perform app.require_readable_rows(delivery);
  perform app.expect_quarantined(delivery, items);
  if app.seals_quarantine(delivery) then
    perform app.require_correcting_administrator(dataset);
    if exists (select from jsonb_to_recordset(items) as i (text text)
        where not starts_with(i.text, format('sealed:%s:correction:', delivery.sealed_file_id))) then
      raise exception using errcode = 'GR412', message = 'the text of these rows is sealed, and so must be what is to be read instead',
        detail = jsonb_build_object('reason', 'sealed')::text;
    end if;
  end if;
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

-- As in 20261127020100, of sealed rows as well.
create or replace function app.request_replay(dataset uuid, version integer, request jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most_rows constant integer := 100000;
  most_waiting constant integer := 20;
  delivery constant public.dataset_versions := app.lock_delivery(dataset, version);
  wanted bigint;
  replay uuid;
begin
  perform app.require_kept_quarantine(delivery);
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

-- The same.
create or replace function app.begin_replay(replay uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  locked record;
  scratch uuid;
begin
  locked := app.lock_replay(replay);
  if (locked.asked).id is null then
    return null;
  end if;
  perform app.require_kept_quarantine(locked.delivery);
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

-- As in 20261127020100; pseudonyms go beside pseudonyms of the same key, and nothing else does.
create or replace function app.finish_replay(replay uuid, scratch uuid, numbers bigint[], revisions integer[], refused jsonb) returns void
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
    perform app.require_same_pseudonyms((select v from public.dataset_versions v where v.id = scratch),
      (select v from public.dataset_versions v where v.id = head_id));
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

drop function app.require_plain_quarantine;
revoke all on function app.seals_quarantine, app.require_kept_quarantine, app.require_correcting_administrator,
  app.sealed_rows_to_correct from public;
grant execute on function app.sealed_rows_to_correct to granary_member;
