-- What a crawl has to ask. The row of a request outlives the run: what the host said of it the last time makes the next one
-- conditional. Within a run it is asked once: whoever takes it leases it, and whoever keeps the answer marks it done in the
-- transaction that stores what was read.
create table public.crawl_requests (
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  source_id uuid not null,
  key text not null check (octet_length(key) <= 2000),
  kind text not null check (kind in ('index', 'item')),
  request jsonb not null,
  host text not null,
  -- the run that it was discovered in last, and what became of it there
  run_id uuid not null,
  state text not null default 'queued' check (state in ('queued', 'captured', 'done', 'failed', 'skipped')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  leased_by uuid,
  leased_until timestamptz,
  etag text,
  last_modified text,
  -- the newest capture; while the state is `captured`, the one that is to be read
  capture_id uuid,
  -- the last answer said that there is no such thing (any more)
  is_gone boolean not null default false,
  error text,
  first_seen_at timestamptz not null default now(),
  primary key (source_id, key),
  foreign key (owner_id, source_id) references public.sources (owner_id, id) on delete cascade,
  foreign key (owner_id, source_id, run_id) references public.source_runs (owner_id, source_id, id) on delete cascade,
  -- checked at the end: a source takes both with it, in whatever order
  foreign key (owner_id, capture_id) references public.captures (owner_id, id) deferrable initially deferred
);
create index crawl_requests_source on public.crawl_requests (owner_id, source_id, run_id);
create index crawl_requests_capture on public.crawl_requests (owner_id, capture_id);
create index crawl_requests_open on public.crawl_requests (run_id, next_attempt_at) where state in ('queued', 'captured');

alter table public.crawl_requests enable row level security, force row level security;
create policy crawl_requests_read on public.crawl_requests for select to authenticated
  using (tenant_id = any ((select app.tenants_with('source:read'))::uuid[]));
grant select on public.crawl_requests to authenticated;
grant select, update, delete on public.crawl_requests to granary_worker;
grant insert (tenant_id, source_id, key, kind, request, host, run_id, state, attempts, next_attempt_at) on public.crawl_requests to granary_worker;

-- When each host may be asked again, by whichever worker and for whichever source; and its robots.txt.
create table jobs.crawl_hosts (
  -- scheme, name and port
  origin text primary key,
  next_allowed_at timestamptz not null default now(),
  -- failures in a row, which slow all requests to it down
  failures integer not null default 0,
  robots text,
  robots_status smallint,
  robots_fetched_at timestamptz,
  robots_leased_until timestamptz,
  used_at timestamptz not null default now()
);
alter table jobs.crawl_hosts enable row level security, force row level security;
create policy worker_only on jobs.crawl_hosts to granary_worker using (true);
grant select, insert, update, delete on jobs.crawl_hosts to granary_worker;
