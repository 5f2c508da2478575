-- A dataset, its versions, their loads, columns and quarantine, and with whom it is shared.
create type app.dataset_access as enum ('read', 'write', 'admin');

create table public.datasets (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  owner_id uuid not null,
  name text not null check (btrim(name) <> ''),
  description text not null default '',
  origin text not null default '',
  current_version_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  -- per owner: a name that is unique in the organization would tell a colleague of a private dataset
  unique (tenant_id, owner_id, name),
  foreign key (tenant_id, owner_id) references public.memberships (tenant_id, user_id)
);
create unique index datasets_id on public.datasets (id);

create table public.dataset_shares (
  tenant_id uuid not null,
  dataset_id uuid not null,
  id uuid not null default app.uuidv7(),
  -- one member, one role, or (both null) everybody in the organization
  user_id uuid,
  role_id uuid,
  access app.dataset_access not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references public.memberships (tenant_id, user_id) on delete cascade,
  foreign key (tenant_id, role_id) references public.roles (tenant_id, id) on delete cascade,
  check (num_nonnulls(user_id, role_id) <= 1),
  check (num_nonnulls(user_id, role_id) = 1 or access = 'read'),
  unique nulls not distinct (tenant_id, dataset_id, user_id, role_id)
);
create index dataset_shares_user on public.dataset_shares (tenant_id, user_id);
create index dataset_shares_role on public.dataset_shares (tenant_id, role_id);

create type app.version_state as enum ('loading', 'ready', 'failed');

-- What was asked for and what came of it. The original is named by its digest, below the tenant's prefix of the
-- object store; a digest is never a capability: it is copied here from the caller's own finished upload.
create table public.dataset_versions (
  tenant_id uuid not null,
  dataset_id uuid not null,
  id uuid not null default app.uuidv7(),
  number integer not null check (number > 0),
  state app.version_state not null default 'loading',
  original_sha256 text not null check (original_sha256 ~ '^[0-9a-f]{64}$'),
  original_bytes bigint not null check (original_bytes >= 0),
  original_name text not null,
  options jsonb not null default '{}',
  row_count bigint,
  format jsonb,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  published_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, dataset_id, id),
  unique (tenant_id, dataset_id, number),
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id)
);
create unique index dataset_versions_id on public.dataset_versions (id);
create index dataset_versions_creator on public.dataset_versions (tenant_id, created_by);
create index dataset_versions_original on public.dataset_versions (tenant_id, original_sha256);

alter table public.datasets add foreign key (tenant_id, id, current_version_id)
  references public.dataset_versions (tenant_id, dataset_id, id);
create index datasets_current_version on public.datasets (tenant_id, id, current_version_id);

create type app.load_state as enum ('queued', 'running', 'ready', 'failed');

-- The load of one version: progress while it runs, the account of every input row when it is done.
create table public.dataset_loads (
  tenant_id uuid not null,
  dataset_id uuid not null,
  version_id uuid not null,
  state app.load_state not null default 'queued',
  phase text not null default 'queued',
  attempt integer not null default 0,
  bytes_done bigint not null default 0,
  bytes_total bigint not null default 0,
  rows_done bigint not null default 0,
  input_rows bigint,
  loaded_rows bigint,
  quarantined_rows bigint,
  error jsonb,
  notes jsonb not null default '[]',
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, version_id),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade,
  -- nothing is lost: every row of the input is in the table or in quarantine, or the load is not done
  constraint every_input_row_is_accounted_for check (state <> 'ready' or input_rows is not distinct from loaded_rows + quarantined_rows),
  check (state <> 'ready' or input_rows is not null)
);
create index dataset_loads_dataset on public.dataset_loads (tenant_id, dataset_id, version_id);

create table public.dataset_columns (
  tenant_id uuid not null,
  dataset_id uuid not null,
  version_id uuid not null,
  position integer not null check (position >= 0),
  -- the chunk table that holds it; callers never see it
  chunk smallint not null check (chunk > 0),
  name text not null check (name ~ '^[a-z_][a-z0-9_]*$' and octet_length(name) <= 63),
  original_name text not null,
  type text not null,
  evidence jsonb not null default '{}',
  primary key (tenant_id, version_id, position),
  unique (tenant_id, version_id, name),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade
);
create index dataset_columns_dataset on public.dataset_columns (tenant_id, dataset_id, version_id);

create table public.quarantined_rows (
  tenant_id uuid not null,
  dataset_id uuid not null,
  version_id uuid not null,
  number bigint not null check (number > 0),
  -- physical line (1-based) and byte offset in the decoded text (dataset_versions.format says how it was decoded)
  line bigint not null,
  byte_offset bigint not null,
  raw text not null,
  reason text not null,
  column_name text,
  primary key (tenant_id, version_id, number),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade
);
create index quarantined_rows_dataset on public.quarantined_rows (tenant_id, dataset_id, version_id);

-- The datasets that the caller may read, write or administer: their own, those shared with them or a role of
-- theirs, those visible in the organization; never more than their permissions (and key scopes) allow.
create function app.datasets_with(access app.dataset_access) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  me constant uuid := app.user_id();
  tenants constant uuid[] := app.tenants_with('dataset:' || access::text);
begin
  return coalesce((select array_agg(id) from (
    select d.id from public.datasets d where d.tenant_id = any (tenants) and d.owner_id = me
    union
    select s.dataset_id from public.dataset_shares s
    where s.tenant_id = any (tenants) and s.access >= datasets_with.access and (
      s.user_id = me
      or (s.user_id is null and s.role_id is null)
      or exists (select from public.user_roles r where r.tenant_id = s.tenant_id and r.user_id = me and r.role_id = s.role_id))
  ) reachable), '{}');
end $$;

-- Whether a person owns a dataset or has a share of it; their permissions are the caller's to check.
create function app.reaches_dataset(person uuid, tenant uuid, dataset uuid, owner uuid, access app.dataset_access) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return owner = person or exists (
    select from public.dataset_shares s
    where s.tenant_id = tenant and s.dataset_id = dataset and s.access >= reaches_dataset.access and (
      s.user_id = person
      or (s.user_id is null and s.role_id is null)
      or exists (select from public.user_roles r where r.tenant_id = tenant and r.user_id = person and r.role_id = s.role_id)));
end $$;

-- The same as datasets_with for one dataset, for the policies of its data tables and for commands.
create function app.may_access_dataset(dataset uuid, access app.dataset_access) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  me constant uuid := app.user_id();
  tenant uuid;
  owner uuid;
begin
  select d.tenant_id, d.owner_id into tenant, owner from public.datasets d where d.id = dataset;
  return tenant is not null and app.may('dataset:' || access::text, tenant)
    and (owner = me or app.reaches_dataset(me, tenant, dataset, owner, access));
end $$;

-- What the policies of a data table ask. The most asked question of all, hence written out.
create function app.may_read_dataset(dataset uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  me constant uuid := nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';
  tenant uuid;
  owner uuid;
begin
  select d.tenant_id, d.owner_id into tenant, owner from public.datasets d where d.id = dataset;
  return tenant is not null and app.may('dataset:read', tenant)
    and (owner = me or app.reaches_dataset(me, tenant, dataset, owner, 'read'));
end $$;

-- open_session for a request that reads one dataset: also answers, in the same breath, which version it is to read (by
-- number, or the current one). GR404 where the caller reads none, whether or not there is one: an error, so that a query
-- that travels behind it does not run. The policy would give it no rows, but only after it had looked at all of them, and
-- the time would tell that there is something, and how much.
create function app.open_dataset(permission text, dataset uuid, version integer) returns uuid
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  me constant uuid := claims ->> 'sub';
  active constant uuid := claims ->> 'tenant_id';
  owner uuid;
  found_version uuid;
begin
  if not app.may(permission, active) then
    perform app.open_session(permission); -- says why
  end if;
  select d.owner_id, v.id into owner, found_version
    from public.datasets d join public.dataset_versions v on v.tenant_id = d.tenant_id and v.dataset_id = d.id
    where d.tenant_id = active and d.id = dataset and v.state = 'ready'
      and v.id = case when version is null then d.current_version_id
        else (select n.id from public.dataset_versions n where n.tenant_id = active and n.dataset_id = dataset and n.number = version) end;
  if found_version is null or not (owner = me or app.reaches_dataset(me, active, dataset, owner, 'read')) then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  return found_version;
end $$;

revoke all on function app.datasets_with, app.reaches_dataset, app.may_access_dataset, app.may_read_dataset, app.open_dataset from public;
grant execute on function app.open_dataset to granary_api, granary_worker;
grant usage on type app.dataset_access, app.version_state, app.load_state to authenticated, granary_worker;
grant execute on function app.datasets_with, app.may_access_dataset, app.may_read_dataset to authenticated, granary_worker;

alter table public.datasets enable row level security, force row level security;
alter table public.dataset_shares enable row level security, force row level security;
alter table public.dataset_versions enable row level security, force row level security;
alter table public.dataset_loads enable row level security, force row level security;
alter table public.dataset_columns enable row level security, force row level security;
alter table public.quarantined_rows enable row level security, force row level security;

create policy datasets_read on public.datasets for select to authenticated
  using (id = any ((select app.datasets_with('read'))::uuid[]));
create policy datasets_create on public.datasets for insert to granary_member
  with check (tenant_id = any ((select app.tenants_with('dataset:write'))::uuid[]) and owner_id = (select app.user_id()));
create policy datasets_describe on public.datasets for update to granary_member
  using (id = any ((select app.datasets_with('write'))::uuid[]));
create policy dataset_versions_read on public.dataset_versions for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
create policy dataset_loads_read on public.dataset_loads for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
create policy dataset_columns_read on public.dataset_columns for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
create policy quarantined_rows_read on public.quarantined_rows for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
-- who administers a dataset sees and changes its shares; whom it is shared with does not see the others
create policy dataset_shares_read on public.dataset_shares for select to authenticated
  using (dataset_id = any ((select app.datasets_with('admin'))::uuid[]));
create policy dataset_shares_create on public.dataset_shares for insert to granary_member
  with check (dataset_id = any ((select app.datasets_with('admin'))::uuid[]));
create policy dataset_shares_change on public.dataset_shares for update to granary_member
  using (dataset_id = any ((select app.datasets_with('admin'))::uuid[]));
create policy dataset_shares_remove on public.dataset_shares for delete to granary_member
  using (dataset_id = any ((select app.datasets_with('admin'))::uuid[]));

grant select on public.datasets, public.dataset_shares, public.dataset_versions, public.dataset_loads,
  public.dataset_columns, public.quarantined_rows to authenticated;
grant insert (tenant_id, id, owner_id, name, description, origin), update (name, description, origin, updated_at) on public.datasets to granary_member;
grant insert (tenant_id, dataset_id, user_id, role_id, access), update (access), delete on public.dataset_shares to granary_member;

-- The worker publishes: it fills columns, quarantine and counts, and moves the pointer.
grant select on public.datasets, public.dataset_versions, public.dataset_loads, public.dataset_columns, public.quarantined_rows to granary_worker;
grant update (current_version_id, updated_at) on public.datasets to granary_worker;
grant update (state, row_count, format, published_at) on public.dataset_versions to granary_worker;
grant update on public.dataset_loads to granary_worker;
grant insert, delete on public.dataset_columns, public.quarantined_rows to granary_worker;
