-- What Granary follows: a marketplace (a connector) with its settings and a schedule, and the runs of it. An organization's own
-- source is seen by its members; one without an organization is the installation's, and operators' business alone: what its
-- facts are everybody reads in the facts.
insert into public.permissions (name, description) values
  ('source:read', 'see the organization''s sources, their runs and their health'),
  ('source:write', 'make, change, run and delete sources, and import pages into them'),
  ('capture:read', 'see pages as they were captured');
select app.extend_builtin_roles('{"owner": ["source:read", "source:write", "capture:read"],
  "admin": ["source:read", "source:write", "capture:read"], "editor": ["source:read", "source:write"],
  "viewer": ["source:read"], "auditor": ["source:read"]}');

create table public.sources (
  id uuid primary key default app.uuidv7(),
  tenant_id uuid references public.organizations (id) on delete cascade,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  connector text not null check (connector ~ '^[a-z][a-z0-9-]{0,62}$'),
  name text not null check (btrim(name) <> '' and char_length(name) <= 200),
  -- of its connector, which checks them
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object' and pg_column_size(settings) <= 65536),
  -- whether it asks the marketplace itself; otherwise pages are imported
  crawls boolean not null default true,
  -- five fields, in its time zone; null: it runs when somebody says so
  cron text check (char_length(cron) <= 200),
  time_zone text not null default 'UTC' check (char_length(time_zone) <= 64),
  next_run_at timestamptz,
  is_paused boolean not null default false,
  -- requests a second to each of its hosts, at most
  rate double precision not null default 1 check (rate > 0 and rate <= 1000),
  keep_captures_days integer check (keep_captures_days > 0),
  -- of whoever made it; null: an operator at the command line
  created_by uuid,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (owner_id, id),
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id)
);
create unique index sources_name on public.sources (owner_id, lower(name));
create index sources_tenant on public.sources (tenant_id, id);
create index sources_creator on public.sources (tenant_id, created_by);
create index sources_due on public.sources (next_run_at) where next_run_at is not null and not is_paused;

create table public.source_runs (
  id uuid primary key default app.uuidv7(),
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  source_id uuid not null,
  trigger text not null check (trigger in ('schedule', 'manual', 'import', 'reparse', 'backfill')),
  state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  -- of an import: of which date, by which origin; of a reparse: whether it is to change anything
  options jsonb not null default '{}',
  -- of an import: the file, until it has been read
  input_sha256 text check (input_sha256 ~ '^[0-9a-f]{64}$'),
  input_name text,
  -- how far an import or a reparse has come: what is before it is done
  position bigint not null default 0,
  -- who works on it, of those for which one worker does everything; and until when nobody else takes it
  leased_by uuid,
  leased_until timestamptz,
  attempts integer not null default 0,
  discovered bigint not null default 0, -- requests that it has to make, as far as is known
  fetched bigint not null default 0, -- answers with a body
  unchanged bigint not null default 0, -- pages that are as they were when last captured
  changed bigint not null default 0,
  failed bigint not null default 0, -- requests that were given up, and pages that could not be read
  skipped bigint not null default 0, -- requests that robots.txt asks not to make
  bytes bigint not null default 0, -- as received, decompressed
  plugins bigint not null default 0, -- readings of plugins
  plugins_changed bigint not null default 0,
  held_back bigint not null default 0, -- readings that are not trusted, because their key fields vanished
  -- by field: pages that could hold it, pages that did, and by origin how often
  field_health jsonb not null default '{}',
  -- fields that used to be read and are not any more: [{"field", "before", "now"}]
  alarms jsonb not null default '[]',
  error text,
  requested_by uuid,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  unique (owner_id, id),
  unique (owner_id, source_id, id),
  foreign key (owner_id, source_id) references public.sources (owner_id, id) on delete cascade,
  foreign key (tenant_id, requested_by) references public.memberships (tenant_id, user_id),
  foreign key (owner_id, input_sha256) references public.stored_objects (tenant_id, sha256),
  check ((state in ('succeeded', 'failed', 'cancelled')) = (ended_at is not null))
);
create index source_runs_source on public.source_runs (owner_id, source_id, id);
create index source_runs_requester on public.source_runs (tenant_id, requested_by);
create index source_runs_input on public.source_runs (owner_id, input_sha256);
create index source_runs_open on public.source_runs (id) where state in ('queued', 'running');
-- the frontier is the source's, so of its crawls one runs at a time
create unique index source_runs_one_crawl on public.source_runs (source_id)
  where state in ('queued', 'running') and trigger in ('schedule', 'manual');
-- what an archive is asked is nothing that the marketplace is asked, and takes days: a crawl does not wait for it
create unique index source_runs_one_backfill on public.source_runs (source_id)
  where state in ('queued', 'running') and trigger = 'backfill';

alter table public.sources enable row level security, force row level security;
create policy sources_read on public.sources for select to authenticated
  using (tenant_id = any ((select app.tenants_with('source:read'))::uuid[]));
alter table public.source_runs enable row level security, force row level security;
create policy source_runs_read on public.source_runs for select to authenticated
  using (tenant_id = any ((select app.tenants_with('source:read'))::uuid[]));
grant select on public.sources, public.source_runs to authenticated, granary_worker;
grant update (next_run_at) on public.sources to granary_worker;
grant insert, update on public.source_runs to granary_worker;
