-- Runs of pipelines. A run is queued, then runs, and ends; what it may do next is decided under a lock on its row
-- (app.advance_run), in the transaction that changed something, so that no step is started twice or forgotten, whoever dies.
create table public.pipeline_runs (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  pipeline_id uuid not null,
  version_id uuid not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  trigger text not null check (trigger in ('manual', 'schedule')),
  -- the same key gives the same run: whoever is not sure whether they launched it asks again
  launch_key text not null check (char_length(launch_key) between 1 and 200),
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  -- as whom it reads and writes
  requested_by uuid not null,
  dataset_ids uuid[] not null default '{}',
  timeout_seconds integer not null,
  resumes integer not null default 0,
  -- {"kind", "message", "step"}
  error jsonb,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, id),
  constraint pipeline_runs_launch_key unique (tenant_id, pipeline_id, launch_key),
  unique (tenant_id, pipeline_id, id),
  foreign key (tenant_id, pipeline_id) references public.pipelines (tenant_id, id) on delete cascade,
  foreign key (tenant_id, pipeline_id, version_id) references public.pipeline_versions (tenant_id, pipeline_id, id) on delete cascade,
  foreign key (tenant_id, requested_by) references public.memberships (tenant_id, user_id),
  check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null)),
  check (state <> 'running' or started_at is not null)
);
create unique index pipeline_runs_id on public.pipeline_runs (id);
create index pipeline_runs_newest on public.pipeline_runs (tenant_id, pipeline_id, id);
create index pipeline_runs_version on public.pipeline_runs (tenant_id, pipeline_id, version_id);
create index pipeline_runs_requester on public.pipeline_runs (tenant_id, requested_by);
create index pipeline_runs_open on public.pipeline_runs (tenant_id, pipeline_id, created_at) where state in ('queued', 'running');
-- what a plan limits is how many of a day
create index pipeline_runs_day on public.pipeline_runs (tenant_id, created_at);

create table public.run_steps (
  tenant_id uuid not null,
  pipeline_id uuid not null,
  run_id uuid not null,
  name text not null,
  position integer not null,
  edge_id uuid not null,
  edge_version_id uuid not null,
  -- pending: others come first; queued: a job is there for it; skipped: what it needed did not come
  state text not null default 'pending'
    check (state in ('pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped')),
  depends_on text[] not null default '{}',
  -- [{"port", "datasetId", "versionId", "step"}]: versionId is known once it is, step is who makes it
  inputs jsonb not null default '[]',
  target_dataset_id uuid not null,
  output_version_id uuid,
  output_rows bigint,
  -- counts how often it began: who began before may end nothing any more
  attempt integer not null default 0,
  -- since it was launched or resumed
  tries integer not null default 0,
  retries integer not null default 0,
  seconds integer not null,
  error jsonb,
  queued_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, run_id, name),
  foreign key (tenant_id, pipeline_id, run_id) references public.pipeline_runs (tenant_id, pipeline_id, id) on delete cascade,
  foreign key (tenant_id, edge_id, edge_version_id) references public.edge_versions (tenant_id, edge_id, id),
  foreign key (tenant_id, target_dataset_id) references public.datasets (tenant_id, id),
  foreign key (tenant_id, target_dataset_id, output_version_id) references public.dataset_versions (tenant_id, dataset_id, id)
    on delete set null (output_version_id)
);
create index run_steps_run on public.run_steps (tenant_id, pipeline_id, run_id);
create index run_steps_edge on public.run_steps (tenant_id, edge_id, edge_version_id);
create index run_steps_output on public.run_steps (tenant_id, target_dataset_id, output_version_id);

-- What was not verified does not run, whatever role asks.
create trigger verified_edges_only before insert or update of edge_version_id on public.run_steps
  for each row execute function app.verified_edges_only();
alter table public.run_steps enable always trigger verified_edges_only;

create table public.run_logs (
  tenant_id uuid not null,
  pipeline_id uuid not null,
  run_id uuid not null,
  step text not null,
  -- from 1, without gaps: whoever writes one holds the run, so whoever goes on after a number misses none
  number integer not null,
  at timestamptz not null default clock_timestamp(),
  level text not null check (level in ('info', 'warn', 'error')),
  message text not null check (char_length(message) <= 2000),
  primary key (tenant_id, run_id, number),
  foreign key (tenant_id, run_id, step) references public.run_steps (tenant_id, run_id, name) on delete cascade
);
create index run_logs_step on public.run_logs (tenant_id, run_id, step);

-- Where a version came from: one row for each version that was read for it.
create table public.dataset_version_lineage (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  dataset_id uuid not null,
  version_id uuid not null,
  port text not null,
  input_dataset_id uuid,
  input_version_id uuid,
  -- stay when the input is gone; the change set, because a version that is current changes
  input_version_number integer,
  input_change_set integer,
  edge_id uuid not null,
  edge_version_id uuid not null,
  pipeline_id uuid,
  run_id uuid,
  step text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, version_id, port),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade,
  foreign key (tenant_id, input_dataset_id) references public.datasets (tenant_id, id) on delete set null (input_dataset_id),
  foreign key (tenant_id, input_dataset_id, input_version_id) references public.dataset_versions (tenant_id, dataset_id, id)
    on delete set null (input_version_id),
  foreign key (tenant_id, edge_id, edge_version_id) references public.edge_versions (tenant_id, edge_id, id),
  foreign key (tenant_id, pipeline_id, run_id) references public.pipeline_runs (tenant_id, pipeline_id, id)
    on delete set null (pipeline_id, run_id)
);
create index dataset_version_lineage_version on public.dataset_version_lineage (tenant_id, dataset_id, version_id);
create index dataset_version_lineage_input on public.dataset_version_lineage (tenant_id, input_dataset_id, input_version_id);
create index dataset_version_lineage_edge on public.dataset_version_lineage (tenant_id, edge_id, edge_version_id);
create index dataset_version_lineage_run on public.dataset_version_lineage (tenant_id, pipeline_id, run_id);

alter table public.pipeline_runs enable row level security, force row level security;
alter table public.run_steps enable row level security, force row level security;
alter table public.run_logs enable row level security, force row level security;
alter table public.dataset_version_lineage enable row level security, force row level security;
create policy pipeline_runs_read on public.pipeline_runs for select to authenticated
  using (tenant_id = any ((select app.tenants_with('pipeline:read'))::uuid[])
    and (dataset_ids = '{}' or dataset_ids <@ (select app.datasets_with('read'))::uuid[]));
-- what hangs on a run is seen by who sees the run
create policy run_steps_read on public.run_steps for select to authenticated
  using (tenant_id = any ((select app.tenants_with('pipeline:read'))::uuid[])
    and exists (select from public.pipeline_runs r where r.tenant_id = run_steps.tenant_id and r.id = run_id));
create policy run_logs_read on public.run_logs for select to authenticated
  using (tenant_id = any ((select app.tenants_with('pipeline:read'))::uuid[])
    and exists (select from public.pipeline_runs r where r.tenant_id = run_logs.tenant_id and r.id = run_id));
create policy dataset_version_lineage_read on public.dataset_version_lineage for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[])
    and (input_dataset_id is null or input_dataset_id = any ((select app.datasets_with('read'))::uuid[])));
grant select on public.pipeline_runs, public.run_steps, public.run_logs, public.dataset_version_lineage to authenticated, granary_worker;

-- Runs of an organization's day: what a plan limits.
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
    when 'pipeline_runs_per_day' then (select count(*) from public.pipeline_runs r
      where r.tenant_id = tenant and r.created_at > now() - interval '1 day')
  end;
end $$;
create trigger limit_runs after insert on public.pipeline_runs for each row execute function app.count_one('pipeline_runs_per_day');

select jobs.create_queue('run.step', '{"policy": "standard", "retryLimit": 3, "retryDelay": 1, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');
