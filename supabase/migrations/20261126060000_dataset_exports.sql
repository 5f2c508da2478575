-- Exports that are files: asked for, written by the worker, kept for a while, and served with Range. And the queue of them.

create table public.dataset_exports (
  tenant_id uuid not null,
  dataset_id uuid not null,
  version_id uuid not null,
  id uuid not null default app.uuidv7(),
  format text not null check (format in ('parquet', 'arrow', 'csv', 'jsonl')),
  -- columns, filter, order and options as they were asked for
  request jsonb not null,
  state app.load_state not null default 'queued',
  attempt integer not null default 0,
  -- of the rows that are in the file: they are those of one snapshot
  change_count integer,
  rows bigint,
  bytes bigint,
  -- names the file in the object store, below the tenant's prefix
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  manifest jsonb,
  error jsonb,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  expires_at timestamptz,
  -- since when the file is gone; the digest goes with it, because it refers to the object
  removed_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  check (state <> 'ready' or num_nulls(change_count, rows, bytes, manifest, expires_at) = 0),
  check (state <> 'ready' or (sha256 is null) = (removed_at is not null)),
  check ((state = 'failed') = (error is not null))
);
create index dataset_exports_version on public.dataset_exports (tenant_id, dataset_id, version_id);
create index dataset_exports_creator on public.dataset_exports (tenant_id, created_by);
create index dataset_exports_object on public.dataset_exports (tenant_id, sha256);

alter table public.dataset_exports enable row level security, force row level security;
-- one's own: what somebody filtered by is nobody else's business; and only while one may still read the dataset
create policy dataset_exports_read on public.dataset_exports for select to authenticated
  using (created_by = (select app.user_id()) and dataset_id = any ((select app.datasets_with('read'))::uuid[]));
grant select on public.dataset_exports to authenticated, granary_worker;
grant update (state, attempt, change_count, rows, bytes, sha256, manifest, error, started_at, finished_at, expires_at, removed_at)
  on public.dataset_exports to granary_worker;

-- An export of a version that can be read (by number, or the current one), whose job the caller queues in the same
-- transaction. Somebody who asks for a hundred at once would keep everybody else's waiting.
create function app.start_export(dataset uuid, version integer, format text, request jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most constant integer := 20;
  me constant uuid := app.user_id();
  found public.dataset_versions;
  export uuid;
begin
  if not app.may_access_dataset(dataset, 'read') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  select v.* into found from public.datasets d
    join public.dataset_versions v on v.tenant_id = d.tenant_id and v.dataset_id = d.id
    where d.id = dataset and v.state = 'ready'
      and case when version is null then v.id = d.current_version_id else v.number = version end
    for share of v;
  if found.id is null then
    raise exception using errcode = 'GR404', message = 'no such version';
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('exports of ' || found.tenant_id || me, 0));
  if (select count(*) from public.dataset_exports e
      where e.tenant_id = found.tenant_id and e.created_by = me and e.state in ('queued', 'running')) >= most then
    raise exception using errcode = 'GR429', message = 'too many exports are waiting',
      detail = pg_catalog.jsonb_build_object('limit', most)::text;
  end if;
  insert into public.dataset_exports (tenant_id, dataset_id, version_id, format, request, created_by)
    values (found.tenant_id, dataset, found.id, start_export.format, start_export.request, me)
    returning id into export;
  return export;
end $$;
revoke all on function app.start_export from public;
grant execute on function app.start_export to granary_member;

select jobs.create_queue('dataset.export', '{"policy": "standard", "retryLimit": 2, "retryDelay": 1, "retryBackoff": true,
  "expireInSeconds": 86400, "heartbeatSeconds": 10, "deadLetter": "dead"}');
