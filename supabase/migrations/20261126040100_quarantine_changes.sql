-- What may be done with rows in quarantine: correct them, put them into the dataset after all, or leave them be.

alter table public.quarantined_rows
  -- replayed: it is in the dataset now, and counts as loaded; dismissed: somebody looked at it and leaves it here
  add column state text not null default 'open' check (state in ('open', 'replayed', 'dismissed')),
  -- what is read instead of `raw`, which is never changed
  add column corrected_raw text,
  add column corrected_by uuid,
  add column corrected_at timestamptz,
  add column replayed_into uuid,
  add column replayed_change_set integer,
  add check (num_nonnulls(corrected_raw, corrected_by, corrected_at) in (0, 3)),
  add check ((replayed_into is null) = (replayed_change_set is null)),
  add check (replayed_into is null or state = 'replayed'),
  add foreign key (tenant_id, corrected_by) references public.memberships (tenant_id, user_id),
  -- the version may go; that the row was replayed stays true
  add foreign key (tenant_id, replayed_into, replayed_change_set) references public.dataset_change_sets (tenant_id, version_id, number)
    on delete set null (replayed_into, replayed_change_set);
create index quarantined_rows_corrector on public.quarantined_rows (tenant_id, corrected_by);
create index quarantined_rows_replayed on public.quarantined_rows (tenant_id, replayed_into, replayed_change_set);
create index quarantined_rows_state on public.quarantined_rows (tenant_id, version_id, state, number);

-- One attempt to put quarantined rows of a version into the dataset.
create table public.dataset_replays (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  dataset_id uuid not null,
  -- the delivery whose rows they are
  version_id uuid not null,
  state text not null default 'queued' check (state in ('queued', 'ready', 'failed')),
  -- null: every open row
  numbers bigint[],
  replayed bigint not null default 0 check (replayed >= 0),
  -- attempted, and still in quarantine
  refused bigint not null default 0 check (refused >= 0),
  error jsonb,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  check ((state = 'queued') = (finished_at is null)),
  check ((state = 'failed') = (error is not null))
);
create unique index dataset_replays_id on public.dataset_replays (id);
create index dataset_replays_version on public.dataset_replays (tenant_id, dataset_id, version_id);
create index dataset_replays_creator on public.dataset_replays (tenant_id, created_by);
alter table public.dataset_replays enable row level security, force row level security;
create policy dataset_replays_read on public.dataset_replays for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
grant select on public.dataset_replays to authenticated, granary_worker;
grant update (state, error, finished_at) on public.dataset_replays to granary_worker;

select jobs.create_queue('dataset.replay', '{"policy": "standard", "retryLimit": 2, "retryDelay": 1, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');

-- The version locked with its dataset, for whoever may write it. GR404 otherwise.
create function app.lock_version(dataset uuid, version uuid) returns public.dataset_versions
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found_version public.dataset_versions;
begin
  if not app.may_access_dataset(dataset, 'write') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  perform from public.datasets d where d.id = dataset for update;
  select v.* into found_version from public.dataset_versions v where v.dataset_id = dataset and v.id = version;
  if found_version.id is null then
    raise exception using errcode = 'GR404', message = 'no such version';
  end if;
  return found_version;
end $$;

-- What is to be read instead of a row's text; null takes a correction back. A dismissed row is open again.
create function app.correct_quarantined(dataset uuid, version uuid, row_number bigint, corrected text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery constant public.dataset_versions := app.lock_version(dataset, version);
  present text;
begin
  select q.state into present from public.quarantined_rows q
    where q.tenant_id = delivery.tenant_id and q.version_id = version and q.number = row_number;
  if present is null then
    raise exception using errcode = 'GR404', message = 'no such row in quarantine';
  end if;
  if present = 'replayed' then
    raise exception using errcode = 'GR412', message = 'the row is in the dataset already: change it there';
  end if;
  update public.quarantined_rows q set state = 'open', corrected_raw = corrected,
      corrected_by = case when corrected is not null then app.user_id() end,
      corrected_at = case when corrected is not null then now() end
    where q.tenant_id = delivery.tenant_id and q.version_id = version and q.number = row_number;
end $$;

-- Leaves rows where they are (null: all that are open). They stay counted as quarantined. Returns how many.
create function app.dismiss_quarantined(dataset uuid, version uuid, numbers bigint[]) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery constant public.dataset_versions := app.lock_version(dataset, version);
  dismissed bigint;
begin
  update public.quarantined_rows q set state = 'dismissed'
    where q.tenant_id = delivery.tenant_id and q.version_id = version and q.state = 'open'
      and (numbers is null or q.number = any (numbers));
  get diagnostics dismissed = row_count;
  return dismissed;
end $$;

-- Whether the rows of a delivery are among those of the current version: it is the delivery, the delivery went into it, or
-- the same of a version that it was copied from.
create function app.is_part_of_head(delivery public.dataset_versions) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    with recursive line (id, copied_from) as (
      select v.id, v.copied_from from public.datasets d join public.dataset_versions v on v.tenant_id = d.tenant_id and v.id = d.current_version_id
        where d.tenant_id = delivery.tenant_id and d.id = delivery.dataset_id
      union
      select v.id, v.copied_from from line join public.dataset_versions v on v.tenant_id = delivery.tenant_id and v.id = line.copied_from
    ) select from line where line.id in (delivery.id, delivery.merged_into));
end $$;

-- Asks for a replay; the caller's transaction queues its job.
create function app.request_replay(dataset uuid, version uuid, numbers bigint[]) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  delivery constant public.dataset_versions := app.lock_version(dataset, version);
  replay uuid;
begin
  if delivery.state not in ('ready', 'merged') or not app.is_part_of_head(delivery) then
    raise exception using errcode = 'GR412', message = 'the rows of this version are not among the current ones, so nothing can be added to them';
  end if;
  insert into public.dataset_replays (tenant_id, dataset_id, version_id, numbers, created_by)
    values (delivery.tenant_id, dataset, version, request_replay.numbers, app.user_id())
    returning id into replay;
  return replay;
end $$;

-- Begins the transaction of a replay, in the session of who asked: locks, checks access again, and makes a version for the
-- tables that the rows are read into. It is gone before the transaction ends.
create function app.begin_replay(replay uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  asked public.dataset_replays;
  delivery public.dataset_versions;
  scratch uuid;
begin
  select r.* into asked from public.dataset_replays r where r.id = replay and r.created_by = app.user_id();
  if asked.id is null then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  delivery := app.lock_version(asked.dataset_id, asked.version_id);
  -- read again under the lock: another worker may have done it
  perform from public.dataset_replays r where r.id = replay and r.state = 'queued' for update;
  if not found then
    return null;
  end if;
  if not app.is_part_of_head(delivery) then
    raise exception using errcode = 'GR412', message = 'the rows of this version are not among the current ones, so nothing can be added to them';
  end if;
  insert into public.dataset_versions (tenant_id, dataset_id, number, original_bytes, original_name, mode, key_columns, created_by)
    select delivery.tenant_id, delivery.dataset_id, max(v.number) + 1, 0, delivery.original_name,
      case when delivery.mode = 'upsert' then 'upsert' else 'append' end, delivery.key_columns, app.user_id()
    from public.dataset_versions v where v.tenant_id = delivery.tenant_id and v.dataset_id = delivery.dataset_id
    returning id into scratch;
  return scratch;
end $$;

-- Puts the rows of the scratch tables into the head and moves the accounts: what was quarantined is loaded. `numbers` and
-- `digests` (MD5 of the text that was read) tell which rows they were: GR409 if one of them is another by now. `refused`
-- is [{"number": …, "digest": …, "reason": …, "column": …}, …]: they stay, with this reason.
create function app.finish_replay(replay uuid, scratch uuid, numbers bigint[], digests text[], refused jsonb) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  asked public.dataset_replays;
  delivery public.dataset_versions;
  head public.dataset_versions;
  head_id uuid;
  change_set integer;
  moved bigint := 0;
begin
  select r.* into asked from public.dataset_replays r where r.id = replay and r.state = 'queued' and r.created_by = app.user_id();
  if asked.id is null then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  delivery := app.lock_version(asked.dataset_id, asked.version_id);
  update public.quarantined_rows q set reason = r.reason, column_name = r."column"
    from jsonb_to_recordset(refused) as r (number bigint, digest text, reason text, "column" text)
    where q.tenant_id = asked.tenant_id and q.version_id = asked.version_id and q.number = r.number and q.state = 'open'
      and md5(coalesce(q.corrected_raw, q.raw)) = r.digest;
  if cardinality(numbers) > 0 then
    if not exists (select from public.dataset_versions v
        where v.tenant_id = asked.tenant_id and v.dataset_id = asked.dataset_id and v.id = scratch and v.state = 'loading' and v.original_sha256 is null) then
      raise exception using errcode = 'GR412', message = 'there are no rows to replay';
    end if;
    head := app.lock_head(asked.dataset_id);
    if app.version_is_frozen(head.id) then
      -- of any size: nobody waits for this command but its job
      head_id := app.begin_copy(head, app.user_id());
      perform app.fill_copy(head_id);
      update public.datasets d set current_version_id = head_id where d.id = asked.dataset_id;
    else
      head_id := app.thaw(head);
    end if;
    perform app.check_fit(scratch, head_id);
    change_set := app.absorb_rows(scratch, head_id, 'replay',
      case when delivery.mode = 'upsert' then delivery.key_columns else '{}' end, delivery.id);
    update public.quarantined_rows q set state = 'replayed', replayed_into = head_id, replayed_change_set = change_set
      from unnest(numbers, digests) as r (number, digest)
      where q.tenant_id = asked.tenant_id and q.version_id = asked.version_id and q.number = r.number and q.state = 'open'
        and md5(coalesce(q.corrected_raw, q.raw)) = r.digest;
    get diagnostics moved = row_count;
    if moved <> cardinality(numbers) then
      raise exception using errcode = 'GR409', message = 'rows were changed while they were read';
    end if;
    update public.dataset_loads l set loaded_rows = l.loaded_rows + moved, quarantined_rows = l.quarantined_rows - moved, updated_at = now()
      where l.tenant_id = asked.tenant_id and l.version_id = asked.version_id;
    update public.dataset_versions v set row_count = v.row_count + moved
      where v.tenant_id = asked.tenant_id and v.id = asked.version_id and v.state = 'merged';
  end if;
  delete from public.dataset_versions v where v.tenant_id = asked.tenant_id and v.id = scratch and v.original_sha256 is null;
  update public.dataset_replays r set state = 'ready', replayed = moved, refused = jsonb_array_length(finish_replay.refused), finished_at = now()
    where r.tenant_id = asked.tenant_id and r.id = replay;
end $$;

revoke all on function app.lock_version, app.correct_quarantined, app.dismiss_quarantined, app.is_part_of_head, app.request_replay,
  app.begin_replay, app.finish_replay from public;
grant execute on function app.correct_quarantined, app.dismiss_quarantined, app.request_replay, app.begin_replay,
  app.finish_replay to granary_member;
