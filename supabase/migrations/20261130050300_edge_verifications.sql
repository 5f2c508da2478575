-- A version of an edge is verified by running it: it stands pending until the worker says how that ended. What runs edges asks
-- app.require_verified, by a trigger on its own table, so that no role can run what was not verified. docs/adr/0035-blocks-and-edges.md
alter table public.organizations
  -- whether a person other than its author has to approve a verified version before it runs
  add column approve_edges boolean not null default false;
grant update (approve_edges) on public.organizations to granary_member;

create table public.edge_verifications (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  edge_id uuid not null,
  edge_version_id uuid not null,
  status text not null default 'pending' check (status in ('pending', 'passed', 'failed')),
  logs text not null default '',
  -- {"assertions": [{"name", "sql"}], "rows": {"output", "min", "max"}[], "schema": boolean}; results has what came of each
  expectations jsonb not null default '{}' check (jsonb_typeof(expectations) = 'object'),
  -- {"seconds", "memoryMb", "outputRows", "spillMb"}
  limits jsonb not null default '{}' check (jsonb_typeof(limits) = 'object'),
  -- by port: {"datasetId", "versionId", "sampleRows"}, or {"rows": […]} of a fixture
  inputs jsonb not null default '{}' check (jsonb_typeof(inputs) = 'object'),
  results jsonb check (jsonb_typeof(results) = 'object'),
  -- whose rows it read: only who may read those too sees it, for its logs may show some
  dataset_ids uuid[] not null default '{}',
  requested_by uuid not null,
  verified_at timestamptz,
  verified_by uuid,
  decision text check (decision in ('approved', 'rejected')),
  decided_by uuid,
  decided_at timestamptz,
  decision_note text not null default '' check (char_length(decision_note) <= 10000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, edge_id, edge_version_id) references public.edge_versions (tenant_id, edge_id, id) on delete cascade,
  foreign key (tenant_id, requested_by) references public.memberships (tenant_id, user_id),
  foreign key (tenant_id, verified_by) references public.memberships (tenant_id, user_id),
  foreign key (tenant_id, decided_by) references public.memberships (tenant_id, user_id),
  check ((status = 'pending') = (verified_at is null) and (verified_at is null) = (verified_by is null)),
  check ((decision is null) = (decided_by is null) and (decided_by is null) = (decided_at is null)),
  check (decision is null or status = 'passed')
);
create unique index edge_verifications_id on public.edge_verifications (id);
create index edge_verifications_version on public.edge_verifications (tenant_id, edge_version_id, verified_at desc);
create index edge_verifications_edge on public.edge_verifications (tenant_id, edge_id, edge_version_id);
create index edge_verifications_requester on public.edge_verifications (tenant_id, requested_by);
create index edge_verifications_verifier on public.edge_verifications (tenant_id, verified_by);
create index edge_verifications_decider on public.edge_verifications (tenant_id, decided_by);
-- one at a time: two would both be told what the other one found
create unique index edge_verifications_pending on public.edge_verifications (tenant_id, edge_version_id) where status = 'pending';

-- What was asked does not change, nor what was found or decided, once it was; whoever asks.
create function app.keep_verification() returns trigger
  language plpgsql volatile set search_path = '' as $$
declare
  open_fields text[] := '{updated_at}';
begin
  if old.status = 'pending' then
    open_fields := open_fields || '{status,logs,results,verified_at,verified_by}'::text[];
  elsif old.decision is null then
    open_fields := open_fields || '{decision,decided_by,decided_at,decision_note}'::text[];
  end if;
  if to_jsonb(new) - open_fields is distinct from to_jsonb(old) - open_fields then
    raise exception using errcode = 'GR412', message = 'what a verification found does not change: have it verified again';
  end if;
  return new;
end $$;
create trigger keep_verification before update on public.edge_verifications for each row execute function app.keep_verification();

alter table public.edge_verifications enable row level security, force row level security;
create policy edge_verifications_read on public.edge_verifications for select to authenticated
  using (tenant_id = any ((select app.tenants_with('edge:read'))::uuid[])
    and (dataset_ids = '{}' or dataset_ids <@ (select app.datasets_with('read'))::uuid[])
    and exists (select from public.edges e where e.tenant_id = edge_verifications.tenant_id and e.id = edge_id));
-- where reads are recorded, logs with values of rows are not read past the API
create policy edge_verifications_recorded on public.edge_verifications as restrictive for select to authenticated
  using (nullif(dataset_ids && (select app.datasets_read_by_api())::uuid[], false) is null);
grant select on public.edge_verifications to authenticated, granary_worker;

-- Why a version may not run, in words; null where it may. The newest finding counts: what failed once more is not verified.
create function app.why_unverified(edge_version uuid) returns text
  language plpgsql stable security definer set search_path = '' as $$
declare
  version public.edge_versions;
  found_status text;
  found_decision text;
begin
  select v.* into version from public.edge_versions v where v.id = edge_version;
  if version.id is null then
    return 'there is no such version of an edge';
  end if;
  if not version.is_active then
    return format('version %s of the edge was withdrawn', version.number);
  end if;
  select r.status, r.decision into found_status, found_decision from public.edge_verifications r
    where r.tenant_id = version.tenant_id and r.edge_version_id = version.id and r.status <> 'pending'
    order by r.verified_at desc, r.id desc limit 1;
  if found_status is null then
    return format('version %s of the edge was not verified', version.number);
  end if;
  if found_status <> 'passed' then
    return format('version %s of the edge failed its verification', version.number);
  end if;
  if found_decision = 'rejected' then
    return format('version %s of the edge was rejected', version.number);
  end if;
  if found_decision is null and (select o.approve_edges from public.organizations o where o.id = version.tenant_id) then
    return format('version %s of the edge waits for somebody to approve it', version.number);
  end if;
  return null;
end $$;

-- SQLSTATE GR412: it may not run.
create function app.require_verified(edge_version uuid) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  reason constant text := app.why_unverified(edge_version);
begin
  if reason is not null then
    raise exception using errcode = 'GR412', message = reason,
      detail = jsonb_build_object('reason', 'unverified', 'edgeVersionId', edge_version)::text;
  end if;
end $$;

-- For a table whose rows run edges, with their edge_version_id (null: none runs). As in
--   create trigger verified_edges_only before insert or update of edge_version_id on public.run_steps
--     for each row execute function app.verified_edges_only();
--   alter table public.run_steps enable always trigger verified_edges_only;
create function app.verified_edges_only() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.edge_version_id is not null then
    perform app.require_verified(new.edge_version_id);
  end if;
  return new;
end $$;

revoke all on function app.keep_verification, app.why_unverified, app.require_verified, app.verified_edges_only from public;
grant execute on function app.require_verified, app.why_unverified to granary_worker;
