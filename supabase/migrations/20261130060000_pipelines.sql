-- Pipelines: edges in the order in which rows flow through them, from datasets into datasets. A version is checked when it is made,
-- and does not change. Seen by who may read every dataset that any of its versions touches. docs/adr/0039-pipelines-and-runs.md
insert into public.permissions (name, description) values
  ('pipeline:read', 'see pipelines and their runs, where one may read their datasets'),
  ('pipeline:write', 'make pipelines and their versions, and schedule them'),
  ('pipeline:run', 'launch, cancel and resume runs; the rows are read and written with one''s own rights'),
  ('pipeline:delete', 'delete pipelines with their runs');
select app.extend_builtin_roles('{
  "owner": ["pipeline:read", "pipeline:write", "pipeline:run", "pipeline:delete"],
  "admin": ["pipeline:read", "pipeline:write", "pipeline:run", "pipeline:delete"],
  "editor": ["pipeline:read", "pipeline:write", "pipeline:run", "pipeline:delete"],
  "viewer": ["pipeline:read"],
  "auditor": ["pipeline:read"]}');

create table public.pipelines (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  name text not null check (btrim(name) <> '' and char_length(name) <= 200),
  description text not null default '' check (char_length(description) <= 10000),
  -- whose it is; null once they left
  owner_id uuid,
  -- for an engine of Dagster: kept and checked to be an object, not looked into
  dagster_pipeline_config jsonb check (jsonb_typeof(dagster_pipeline_config) = 'object' and octet_length(dagster_pipeline_config::text) <= 262144),
  -- of all its versions; grows only
  dataset_ids uuid[] not null default '{}',
  current_version_id uuid,
  -- more runs than these wait
  most_runs_at_once integer not null default 1 check (most_runs_at_once between 1 and 100),
  -- of a run, from its start; what goes on then is given up
  timeout_seconds integer not null default 21600 check (timeout_seconds between 1 and 2592000),
  -- five fields, in an IANA time zone; when it is due next is the worker's to compute
  cron text check (char_length(cron) <= 200),
  time_zone text check (char_length(time_zone) <= 100),
  -- as whom scheduled runs read and write
  scheduled_by uuid,
  next_run_at timestamptz,
  -- why the last scheduled run was not launched
  schedule_error jsonb,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint pipelines_name unique (tenant_id, name),
  foreign key (tenant_id, owner_id) references public.memberships (tenant_id, user_id),
  foreign key (tenant_id, scheduled_by) references public.memberships (tenant_id, user_id),
  check ((cron is null) = (time_zone is null) and (cron is null) = (scheduled_by is null)),
  check (cron is not null or next_run_at is null)
);
create unique index pipelines_id on public.pipelines (id);
create index pipelines_owner on public.pipelines (tenant_id, owner_id);
create index pipelines_scheduler on public.pipelines (tenant_id, scheduled_by);
create index pipelines_due on public.pipelines (next_run_at) where next_run_at is not null;

create table public.pipeline_versions (
  tenant_id uuid not null,
  pipeline_id uuid not null,
  id uuid not null default app.uuidv7(),
  number integer not null check (number > 0),
  -- [{"name", "type", "default"}]: what a run may be given; steps have it as their input "parameters"
  parameters jsonb not null default '[]' check (jsonb_typeof(parameters) = 'array'),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, pipeline_id, id),
  unique (tenant_id, pipeline_id, number),
  foreign key (tenant_id, pipeline_id) references public.pipelines (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id)
);
create unique index pipeline_versions_id on public.pipeline_versions (id);
create index pipeline_versions_creator on public.pipeline_versions (tenant_id, created_by);
alter table public.pipelines add foreign key (tenant_id, id, current_version_id) references public.pipeline_versions (tenant_id, pipeline_id, id);
create index pipelines_current_version on public.pipelines (tenant_id, id, current_version_id);

-- One use of an edge: its rows become a version of the target's dataset.
create table public.pipeline_steps (
  tenant_id uuid not null,
  pipeline_id uuid not null,
  version_id uuid not null,
  name text not null check (name ~ '^[a-z_][a-z0-9_]{0,62}$'),
  position integer not null,
  edge_id uuid not null,
  edge_version_id uuid not null,
  target_dataset_id uuid not null,
  target_block_id uuid,
  -- names of the steps whose rows it reads
  depends_on text[] not null default '{}',
  -- tried so many times more
  retries integer not null default 0 check (retries between 0 and 10),
  seconds integer not null default 600 check (seconds between 1 and 86400),
  primary key (tenant_id, version_id, name),
  foreign key (tenant_id, pipeline_id, version_id) references public.pipeline_versions (tenant_id, pipeline_id, id) on delete cascade,
  foreign key (tenant_id, edge_id, edge_version_id) references public.edge_versions (tenant_id, edge_id, id),
  foreign key (tenant_id, target_dataset_id) references public.datasets (tenant_id, id),
  foreign key (tenant_id, target_block_id) references public.blocks (tenant_id, id)
);
create index pipeline_steps_pipeline on public.pipeline_steps (tenant_id, pipeline_id, version_id);
create index pipeline_steps_edge on public.pipeline_steps (tenant_id, edge_id, edge_version_id);
create index pipeline_steps_dataset on public.pipeline_steps (tenant_id, target_dataset_id);
create index pipeline_steps_block on public.pipeline_steps (tenant_id, target_block_id);

-- The blocks that are in a version.
create table public.pipeline_blocks (
  tenant_id uuid not null,
  pipeline_id uuid not null,
  version_id uuid not null,
  block_id uuid not null,
  primary key (tenant_id, version_id, block_id),
  foreign key (tenant_id, pipeline_id, version_id) references public.pipeline_versions (tenant_id, pipeline_id, id) on delete cascade,
  foreign key (tenant_id, block_id) references public.blocks (tenant_id, id)
);
create index pipeline_blocks_pipeline on public.pipeline_blocks (tenant_id, pipeline_id, version_id);
create index pipeline_blocks_block on public.pipeline_blocks (tenant_id, block_id);

-- Its arcs: rows of the source go into a port of the step's edge, and out of that into the target. No source: parameters of the run.
create table public.pipeline_edges (
  tenant_id uuid not null,
  pipeline_id uuid not null,
  version_id uuid not null,
  step text not null,
  port text not null,
  edge_id uuid not null,
  source_dataset_id uuid,
  source_block_id uuid,
  target_block_id uuid,
  primary key (tenant_id, version_id, step, port),
  foreign key (tenant_id, pipeline_id, version_id) references public.pipeline_versions (tenant_id, pipeline_id, id) on delete cascade,
  foreign key (tenant_id, version_id, step) references public.pipeline_steps (tenant_id, version_id, name) on delete cascade,
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id),
  foreign key (tenant_id, source_dataset_id) references public.datasets (tenant_id, id),
  foreign key (tenant_id, source_block_id) references public.blocks (tenant_id, id),
  foreign key (tenant_id, target_block_id) references public.blocks (tenant_id, id)
);
create index pipeline_edges_pipeline on public.pipeline_edges (tenant_id, pipeline_id, version_id);
create index pipeline_edges_edge on public.pipeline_edges (tenant_id, edge_id);
create index pipeline_edges_dataset on public.pipeline_edges (tenant_id, source_dataset_id);
create index pipeline_edges_source on public.pipeline_edges (tenant_id, source_block_id);
create index pipeline_edges_target on public.pipeline_edges (tenant_id, target_block_id);

-- A version and what is in it says for ever what it said.
create function app.keep_pipeline_version() returns trigger
  language plpgsql volatile set search_path = '' as $$
begin
  raise exception using errcode = 'GR412', message = 'a version of a pipeline does not change';
end $$;
create trigger keep_version before update on public.pipeline_versions for each row execute function app.keep_pipeline_version();
create trigger keep_version before update on public.pipeline_steps for each row execute function app.keep_pipeline_version();
create trigger keep_version before update on public.pipeline_blocks for each row execute function app.keep_pipeline_version();
create trigger keep_version before update on public.pipeline_edges for each row execute function app.keep_pipeline_version();

alter table public.pipelines enable row level security, force row level security;
alter table public.pipeline_versions enable row level security, force row level security;
alter table public.pipeline_steps enable row level security, force row level security;
alter table public.pipeline_blocks enable row level security, force row level security;
alter table public.pipeline_edges enable row level security, force row level security;
create policy pipelines_read on public.pipelines for select to authenticated
  using (tenant_id = any ((select app.tenants_with('pipeline:read'))::uuid[])
    and (dataset_ids = '{}' or dataset_ids <@ (select app.datasets_with('read'))::uuid[]));
-- what hangs on a pipeline is seen by who sees the pipeline
create policy pipeline_versions_read on public.pipeline_versions for select to authenticated
  using (tenant_id = any ((select app.tenants_with('pipeline:read'))::uuid[])
    and exists (select from public.pipelines p where p.tenant_id = pipeline_versions.tenant_id and p.id = pipeline_id));
create policy pipeline_steps_read on public.pipeline_steps for select to authenticated
  using (tenant_id = any ((select app.tenants_with('pipeline:read'))::uuid[])
    and exists (select from public.pipelines p where p.tenant_id = pipeline_steps.tenant_id and p.id = pipeline_id));
create policy pipeline_blocks_read on public.pipeline_blocks for select to authenticated
  using (tenant_id = any ((select app.tenants_with('pipeline:read'))::uuid[])
    and exists (select from public.pipelines p where p.tenant_id = pipeline_blocks.tenant_id and p.id = pipeline_id));
create policy pipeline_edges_read on public.pipeline_edges for select to authenticated
  using (tenant_id = any ((select app.tenants_with('pipeline:read'))::uuid[])
    and exists (select from public.pipelines p where p.tenant_id = pipeline_edges.tenant_id and p.id = pipeline_id));
grant select on public.pipelines, public.pipeline_versions, public.pipeline_steps, public.pipeline_blocks, public.pipeline_edges
  to authenticated, granary_worker;
revoke all on function app.keep_pipeline_version from public;
