-- Every answer as it was, kept before anything is read from it. A capture is one observation: where the host said that nothing
-- has changed since (304), or the same bytes came again, it refers to the same object.
create table public.captures (
  id uuid primary key default app.uuidv7(),
  tenant_id uuid,
  owner_id uuid not null generated always as (coalesce(tenant_id, app.installation_id())) stored,
  source_id uuid not null,
  run_id uuid not null,
  request_key text not null,
  -- as the connector made it: what it reads depends on it
  request jsonb not null,
  -- where redirects led
  final_url text not null,
  status smallint not null check (status between 100 and 599),
  -- those that are kept: never cookies
  headers jsonb not null default '{}',
  fetched_at timestamptz not null,
  origin text not null check (origin in ('live', 'import', 'archive')),
  -- the host said that the former one still holds, whose status, headers and body these are
  not_modified boolean not null default false,
  body_sha256 text not null check (body_sha256 ~ '^[0-9a-f]{64}$'),
  body_bytes bigint not null check (body_bytes >= 0),
  -- the body in the object store, compressed
  object_sha256 text not null check (object_sha256 ~ '^[0-9a-f]{64}$'),
  object_bytes bigint not null check (object_bytes >= 0),
  encoding text not null check (encoding in ('zstd', 'gzip')),
  unique (owner_id, id),
  foreign key (owner_id, source_id) references public.sources (owner_id, id) on delete cascade,
  foreign key (owner_id, source_id, run_id) references public.source_runs (owner_id, source_id, id) on delete cascade,
  foreign key (owner_id, object_sha256) references public.stored_objects (tenant_id, sha256)
);
create index captures_source on public.captures (owner_id, source_id, id);
create index captures_run on public.captures (owner_id, source_id, run_id, id);
create index captures_object on public.captures (owner_id, object_sha256);
create index captures_request on public.captures (source_id, request_key, fetched_at);
create index captures_age on public.captures (source_id, fetched_at);

alter table public.captures enable row level security, force row level security;
-- pages may hold what facts never do (reviewers, addresses of developers)
create policy captures_read on public.captures for select to authenticated
  using (tenant_id = any ((select app.tenants_with('capture:read'))::uuid[]));
grant select on public.captures to authenticated, granary_worker;
grant insert (tenant_id, source_id, run_id, request_key, request, final_url, status, headers, fetched_at, origin, not_modified,
  body_sha256, body_bytes, object_sha256, object_bytes, encoding), delete on public.captures to granary_worker;

create or replace function app.object_is_referenced(tenant uuid, sha256 text) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select from public.dataset_versions v
      where v.tenant_id = tenant and v.original_sha256 = object_is_referenced.sha256)
    or exists (select from public.uploads u where u.tenant_id = tenant and u.sha256 = object_is_referenced.sha256)
    or exists (select from public.dataset_exports e where e.tenant_id = tenant and e.sha256 = object_is_referenced.sha256)
    or exists (select from public.captures c where c.owner_id = tenant and c.object_sha256 = object_is_referenced.sha256)
    or exists (select from public.source_runs r where r.owner_id = tenant and r.input_sha256 = object_is_referenced.sha256);
end $$;
