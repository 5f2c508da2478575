-- Sources that are due: each gets a run, unless its last one goes on, in which case this time is passed over; and its next time,
-- which the worker computes, since it is a matter of time zones. One that is paused keeps its time, and is due when it goes on.
create function app.due_sources() returns table (source_id uuid, cron text, time_zone text)
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return query
    select s.id, s.cron, s.time_zone from public.sources s
    where s.next_run_at <= now() and not s.is_paused
    order by s.next_run_at limit 100 for update skip locked;
end $$;

-- In the same transaction as app.due_sources. `next`: null where the schedule has no next time.
create function app.begin_scheduled_run(source uuid, next timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  due public.sources;
begin
  update public.sources s set next_run_at = next where s.id = source returning * into due;
  if due.id is null or not due.crawls or exists (select from public.source_runs r
      where r.source_id = due.id and r.state in ('queued', 'running') and r.trigger in ('schedule', 'manual')) then
    return false;
  end if;
  -- an organization that was closed asks nothing more
  if due.tenant_id is not null and not exists (select from public.organizations o where o.id = due.tenant_id and o.closed_at is null) then
    return false;
  end if;
  insert into public.source_runs (tenant_id, source_id, trigger) values (due.tenant_id, due.id, 'schedule');
  return true;
end $$;
revoke all on function app.due_sources, app.begin_scheduled_run from public;
grant execute on function app.due_sources, app.begin_scheduled_run to granary_worker;
