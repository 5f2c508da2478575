-- Schedules of pipelines. When one is due next is the worker's to compute, since it is a matter of time zones; the run of a time is
-- launched by that time as its key, so that two workers, or one that died and came back, launch it once.
create function app.due_pipelines() returns table (tenant_id uuid, pipeline_id uuid, cron text, time_zone text, scheduled_by uuid, due_at timestamptz)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query
    select p.tenant_id, p.id, p.cron, p.time_zone, p.scheduled_by, p.next_run_at from public.pipelines p
    join public.organizations o on o.id = p.tenant_id and o.closed_at is null
    where p.next_run_at <= now() order by p.next_run_at limit 100;
end $$;

-- Whether a run that the schedule launched still goes on: then this time is passed over.
create function app.scheduled_run_goes_on(tenant uuid, pipeline uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select from public.pipeline_runs r where r.tenant_id = tenant and r.pipeline_id = pipeline
    and r.state in ('queued', 'running') and r.trigger = 'schedule');
end $$;

-- `next`: null where the schedule has no next time; `error`: why nothing was launched.
create function app.pass_schedule(tenant uuid, pipeline uuid, due timestamptz, next timestamptz, error jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.pipelines p set next_run_at = pass_schedule.next, schedule_error = pass_schedule.error
    where p.tenant_id = tenant and p.id = pipeline and p.next_run_at = due;
  return found;
end $$;
revoke all on function app.due_pipelines, app.scheduled_run_goes_on, app.pass_schedule from public;
grant execute on function app.due_pipelines, app.scheduled_run_goes_on, app.pass_schedule to granary_worker;
