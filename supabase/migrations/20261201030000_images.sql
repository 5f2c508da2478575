-- Images of blocks and edges: built by the worker from a commit of a registered repository, or reported by whoever built them
-- elsewhere, in a request that is signed. Their digests are held against what the registry has. docs/adr/0045-images.md
create table public.images (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  -- one of them
  block_id uuid,
  edge_id uuid,
  -- of whose commit it is; null once that is no longer registered
  repository_id uuid,
  commit_id text not null check (commit_id ~ '^([0-9a-f]{40}|[0-9a-f]{64})$'),
  origin text not null check (origin in ('built', 'reported')),
  image_tag text not null check (image_tag ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$'),
  -- a host and a name in it, as registry.example/team/app; of one that is built, known once its build begins
  registry_url text check (char_length(registry_url) <= 500),
  dockerfile text not null check (char_length(dockerfile) between 1 and 500),
  -- by what it was built, as buildah 1.28.2
  builder text check (char_length(builder) <= 100),
  build_status text not null default 'pending' check (build_status in ('pending', 'success', 'failed')),
  -- why it failed
  problem text check (char_length(problem) <= 2000),
  -- what the build or the report said
  digest text check (digest ~ '^sha256:[0-9a-f]{64}$'),
  -- what the registry said since: null until it was asked
  digest_check text check (digest_check in ('matches', 'differs', 'unknown')),
  digest_problem text check (char_length(digest_problem) <= 2000),
  digest_checked_at timestamptz,
  -- counts how often a build began: who began before may end nothing any more
  attempt integer not null default 0,
  requested_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, block_id) references public.blocks (tenant_id, id) on delete cascade,
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, repository_id) references public.code_repositories (tenant_id, id) on delete set null (repository_id),
  foreign key (tenant_id, requested_by) references public.memberships (tenant_id, user_id),
  check (num_nonnulls(block_id, edge_id) = 1),
  check ((origin = 'built') = (requested_by is not null)),
  check ((build_status = 'pending') = (finished_at is null)),
  check (build_status <> 'success' or (digest is not null and registry_url is not null))
);
create unique index images_id on public.images (id);
create index images_block on public.images (tenant_id, block_id);
create index images_edge on public.images (tenant_id, edge_id);
create index images_repository on public.images (tenant_id, repository_id);
create index images_requester on public.images (tenant_id, requested_by);
-- one of a tag at a time, or the last to end would decide whose it is
create unique index images_being_built on public.images (tenant_id, coalesce(block_id, edge_id), image_tag)
  where build_status = 'pending' and origin = 'built';
create unique index images_being_reported on public.images (tenant_id, repository_id, image_tag)
  where build_status = 'pending' and origin = 'reported';

create table public.image_logs (
  tenant_id uuid not null,
  image_id uuid not null,
  -- from 1, without gaps: one worker at a time writes them
  number integer not null,
  at timestamptz not null default clock_timestamp(),
  message text not null check (char_length(message) <= 2000),
  primary key (tenant_id, image_id, number),
  foreign key (tenant_id, image_id) references public.images (tenant_id, id) on delete cascade
);

-- What reports of a repository's images are signed with. Wrapped by the master key; nobody reads it after the answer that made it.
create table public.image_report_secrets (
  tenant_id uuid not null,
  repository_id uuid not null,
  -- made by the process that wraps the secret: it is part of what the wrapping authenticates
  id uuid not null,
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, repository_id),
  foreign key (tenant_id, repository_id) references public.code_repositories (tenant_id, id) on delete cascade
);

-- Reports that were taken, so that none is taken twice; kept for longer than a signature is good for.
create table public.image_reports (
  tenant_id uuid not null,
  repository_id uuid not null,
  message_id text not null check (char_length(message_id) between 1 and 200),
  image_id uuid not null,
  taken_at timestamptz not null default now(),
  primary key (tenant_id, repository_id, message_id),
  foreign key (tenant_id, repository_id) references public.code_repositories (tenant_id, id) on delete cascade,
  foreign key (tenant_id, image_id) references public.images (tenant_id, id) on delete cascade
);
create index image_reports_image on public.image_reports (tenant_id, image_id);
create index image_reports_taken on public.image_reports (tenant_id, repository_id, taken_at);

-- seen by who sees the block or edge; written by the commands and the worker alone
alter table public.images enable row level security, force row level security;
alter table public.image_logs enable row level security, force row level security;
alter table public.image_report_secrets enable row level security, force row level security;
alter table public.image_reports enable row level security, force row level security;
create policy images_read on public.images for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and (exists (select from public.blocks b where b.tenant_id = images.tenant_id and b.id = block_id)
      or exists (select from public.edges e where e.tenant_id = images.tenant_id and e.id = edge_id)));
create policy image_logs_read on public.image_logs for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and exists (select from public.images i where i.tenant_id = image_logs.tenant_id and i.id = image_id));
create policy image_report_secrets_read on public.image_report_secrets for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and exists (select from public.code_repositories r where r.tenant_id = image_report_secrets.tenant_id and r.id = repository_id));
create policy image_reports_read on public.image_reports for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and exists (select from public.code_repositories r where r.tenant_id = image_reports.tenant_id and r.id = repository_id));
grant select on public.images, public.image_logs, public.image_reports to authenticated, granary_worker;
grant select (tenant_id, repository_id, id, created_at) on public.image_report_secrets to authenticated;

-- Building may take an hour; a build that died begins anew.
select jobs.create_queue('image.build', '{"policy": "standard", "retryLimit": 2, "retryDelay": 5, "retryBackoff": true,
  "expireInSeconds": 7200, "heartbeatSeconds": 10, "deadLetter": "dead"}');
select jobs.create_queue('image.check', '{"policy": "standard", "retryLimit": 3, "retryDelay": 10, "retryBackoff": true,
  "expireInSeconds": 300, "heartbeatSeconds": 10, "deadLetter": "dead"}');
