-- What changes sources. An organization's own are for who has source:write in it; those of the installation for who sits at the
-- command line with the owner's connection, and for nobody else (docs/adr/0022).

create function app.is_operator_at_the_command_line() returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.user_id() is null and app.claims() ->> 'operator' is not null and app.is_owners_connection();
end $$;

-- A source that the caller may change, locked; `seen` as with to-dos. SQLSTATE GR404, GR409.
create function app.lock_source(source uuid, seen integer) returns public.sources
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.sources;
begin
  select s.* into target from public.sources s where s.id = source for update;
  if target.id is null or (case when target.tenant_id is null then app.is_operator_at_the_command_line()
      else target.tenant_id = tenant and app.may('source:write', tenant) end) is not true then
    raise exception using errcode = 'GR404', message = 'no such source';
  end if;
  if target.revision <> seen then
    raise exception using errcode = 'GR409', message = 'the source was changed meanwhile',
      detail = jsonb_build_object('revision', target.revision)::text;
  end if;
  return target;
end $$;

create function app.check_source(source public.sources) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if source.tenant_id is not null and source.rate > 1 then
    raise exception using errcode = 'GR400', message = 'a host is asked once a second at most';
  end if;
  if source.cron is not null and not source.crawls then
    raise exception using errcode = 'GR400', message = 'a source that does not crawl has no schedule: pages are imported into it';
  end if;
  if exists (select from public.sources s
      where s.owner_id = coalesce(source.tenant_id, app.installation_id()) and lower(s.name) = lower(source.name) and s.id <> source.id) then
    raise exception using errcode = 'GR409', message = 'there is a source of this name';
  end if;
end $$;

-- The connector, the settings and the schedule are what the caller has checked; next_run_at is what follows from the schedule.
create function app.create_source(fields jsonb) returns public.sources
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  wanted constant public.sources := jsonb_populate_record(null::public.sources, fields);
  created public.sources;
begin
  if not app.is_operator_at_the_command_line() and app.may('source:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission source:write';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('sources of ' || coalesce(tenant, app.installation_id()), 0));
  created := wanted;
  created.id := app.uuidv7();
  created.tenant_id := tenant;
  perform app.check_source(created);
  insert into public.sources (id, tenant_id, connector, name, settings, crawls, cron, time_zone, next_run_at, rate, keep_captures_days, created_by)
    values (created.id, tenant, wanted.connector, wanted.name, coalesce(wanted.settings, '{}'), coalesce(wanted.crawls, true), wanted.cron,
      coalesce(wanted.time_zone, 'UTC'), wanted.next_run_at, coalesce(wanted.rate, 1), wanted.keep_captures_days, app.user_id())
    returning * into created;
  return created;
end $$;

-- `changes`: the columns that are to be otherwise.
create function app.update_source(source uuid, seen integer, changes jsonb) returns public.sources
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.sources := app.lock_source(source, seen);
  wanted public.sources := jsonb_populate_record(target, changes);
begin
  wanted.id := target.id;
  wanted.tenant_id := target.tenant_id;
  perform pg_advisory_xact_lock(hashtextextended('sources of ' || target.owner_id, 0));
  perform app.check_source(wanted);
  update public.sources s
    set name = wanted.name, settings = wanted.settings, crawls = wanted.crawls, cron = wanted.cron, time_zone = wanted.time_zone,
      next_run_at = wanted.next_run_at, rate = wanted.rate, keep_captures_days = wanted.keep_captures_days,
      revision = s.revision + 1, updated_at = now()
    where s.id = target.id returning * into target;
  return target;
end $$;

-- Paused, a source asks nothing more after the requests that are under way, begins nothing, and keeps what it has to ask.
create function app.pause_source(source uuid, paused boolean) returns public.sources
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.sources := app.lock_source(source, null);
begin
  update public.sources s set is_paused = paused, revision = s.revision + 1, updated_at = now()
    where s.id = target.id returning * into target;
  return target;
end $$;

create function app.delete_source(source uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.sources := app.lock_source(source, null);
begin
  delete from public.sources s where s.id = target.id;
end $$;

-- Asks for a run. A crawl is one at a time; of the others so many may wait. SQLSTATE GR404, GR409, GR412, GR429.
create function app.request_run(source uuid, trigger text, options jsonb, input_sha256 text, input_name text) returns public.source_runs
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most constant integer := 20;
  target constant public.sources := app.lock_source(source, null);
  run public.source_runs;
begin
  if request_run.trigger = 'manual' then
    if not target.crawls then
      raise exception using errcode = 'GR412', message = 'this source does not crawl: pages are imported into it';
    end if;
    if target.is_paused then
      raise exception using errcode = 'GR412', message = 'the source is paused';
    end if;
    if exists (select from public.source_runs r where r.source_id = target.id and r.state in ('queued', 'running')
        and r.trigger in ('schedule', 'manual')) then
      raise exception using errcode = 'GR409', message = 'the source is being crawled already';
    end if;
  elsif request_run.trigger = 'backfill' then
    if target.is_paused then
      raise exception using errcode = 'GR412', message = 'the source is paused';
    end if;
    if exists (select from public.source_runs r where r.source_id = target.id and r.state in ('queued', 'running')
        and r.trigger = 'backfill') then
      raise exception using errcode = 'GR409', message = 'the archive is being asked already';
    end if;
  elsif (select count(*) from public.source_runs r where r.owner_id = target.owner_id and r.state in ('queued', 'running')
      and r.trigger in ('import', 'reparse')) >= most then
    raise exception using errcode = 'GR429', message = 'too many imports are waiting', detail = jsonb_build_object('limit', most)::text;
  end if;
  insert into public.source_runs (tenant_id, source_id, trigger, options, input_sha256, input_name, requested_by)
    values (target.tenant_id, target.id, request_run.trigger, coalesce(request_run.options, '{}'), request_run.input_sha256,
      request_run.input_name, app.user_id())
    returning * into run;
  return run;
end $$;

create function app.run_source(source uuid) returns public.source_runs
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.request_run(source, 'manual', '{}', null, null);
end $$;

create function app.reparse_source(source uuid, dry_run boolean) returns public.source_runs
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.request_run(source, 'reparse', jsonb_build_object('dryRun', dry_run), null, null);
end $$;

-- From an archive: `history` is what the connector is told of it (packages/marketplaces/src/wayback), which the caller has checked.
create function app.backfill_source(source uuid, history jsonb) returns public.source_runs
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if jsonb_typeof(history) is distinct from 'object' or pg_column_size(history) > 65536 then
    raise exception using errcode = 'GR400', message = 'what is to be asked is an object, and not that large';
  end if;
  return app.request_run(source, 'backfill', jsonb_build_object('history', history), null, null);
end $$;

-- Of a finished upload of the caller's. GR404 for another one's; GR412 for one that is sealed for a dataset.
create function app.import_upload(source uuid, upload uuid, options jsonb) returns public.source_runs
  language plpgsql volatile security definer set search_path = '' as $$
declare
  file public.uploads;
begin
  select u.* into file from public.uploads u
    where u.id = upload and u.tenant_id = (app.claims() ->> 'tenant_id')::uuid and u.user_id = app.user_id() and u.state = 'finished'
    for share;
  if file.id is null then
    raise exception using errcode = 'GR404', message = 'no such finished upload';
  end if;
  if file.sealed_file_id is not null then
    raise exception using errcode = 'GR412', message = 'the upload is encrypted for a dataset';
  end if;
  return app.request_run(source, 'import', options, file.sha256, file.file_name);
end $$;

-- Of an object that an operator has put under the installation, by their claim.
create function app.import_object(source uuid, sha256 text, claim uuid, file_name text, options jsonb) returns public.source_runs
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.hold_object(app.installation_id(), import_object.sha256, claim);
  return app.request_run(source, 'import', options, import_object.sha256, file_name);
end $$;

-- GR412: it has ended already.
create function app.cancel_source_run(source uuid, run uuid) returns public.source_runs
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.sources := app.lock_source(source, null);
  ended public.source_runs;
begin
  update public.source_runs r set state = 'cancelled', ended_at = now(), input_sha256 = null
    where r.source_id = target.id and r.id = run and r.state in ('queued', 'running') returning * into ended;
  if ended.id is null then
    if exists (select from public.source_runs r where r.source_id = target.id and r.id = run) then
      raise exception using errcode = 'GR412', message = 'the run has ended already';
    end if;
    raise exception using errcode = 'GR404', message = 'no such run';
  end if;
  return ended;
end $$;

create or replace function app.usage_of(tenant uuid, entitlement text) returns bigint
  language plpgsql stable security definer set search_path = '' as $$
begin
  return case entitlement
    when 'members' then (select count(*) from public.memberships m where m.tenant_id = tenant and m.left_at is null)
    when 'datasets' then (select count(*) from public.datasets d where d.tenant_id = tenant)
    when 'rows' then (select coalesce(sum(v.row_count), 0) from public.dataset_versions v where v.tenant_id = tenant and v.state = 'ready')
    when 'bytes' then app.storage_used(tenant)
    when 'sources' then (select count(*) from public.sources s where s.tenant_id = tenant)
    when 'webhooks' then (select count(*) from public.webhook_endpoints e where e.tenant_id = tenant)
  end;
end $$;
create trigger limit_sources after insert on public.sources for each row
  when (new.tenant_id is not null) execute function app.count_one('sources');

revoke all on function app.is_operator_at_the_command_line, app.lock_source, app.check_source, app.create_source, app.update_source,
  app.pause_source, app.delete_source, app.request_run, app.run_source, app.reparse_source, app.backfill_source, app.import_upload,
  app.import_object, app.cancel_source_run from public;
grant execute on function app.create_source, app.update_source, app.pause_source, app.delete_source, app.run_source,
  app.reparse_source, app.backfill_source, app.import_upload, app.cancel_source_run to granary_member;
