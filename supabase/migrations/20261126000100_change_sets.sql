-- How a version changes after it was loaded: numbered change sets, what each did to which cells, and names that hold a
-- version as it is.

alter table public.dataset_versions
  -- replace: becomes the dataset's rows; append, upsert: goes into the version that is current when the rows are there
  add column mode text not null default 'replace' check (mode in ('replace', 'append', 'upsert')),
  add column key_columns text[] not null default '{}',
  add column merged_into uuid,
  add column merged_change_set integer,
  -- a copy that was made because a change would have altered a frozen version
  add column copied_from uuid,
  -- the number of the last change set; a version that was not changed since its load has 0
  add column change_count integer not null default 0 check (change_count >= 0),
  -- of the loaded rows in order, as COPY took them: the same original under the same options gives the same digest
  add column content_sha256 text check (content_sha256 ~ '^[0-9a-f]{64}$'),
  -- null: it was not to be kept, which gives up loading it again
  alter column original_sha256 drop not null,
  add check ((mode = 'upsert') = (key_columns <> '{}')),
  add check ((state = 'merged') = (merged_into is not null)),
  add check ((merged_into is null) = (merged_change_set is null)),
  add check (merged_into is null or mode <> 'replace'),
  add foreign key (tenant_id, dataset_id, merged_into) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade;
create index dataset_versions_merged_into on public.dataset_versions (tenant_id, dataset_id, merged_into);

create table public.dataset_change_sets (
  tenant_id uuid not null,
  dataset_id uuid not null,
  version_id uuid not null,
  -- from 1, without gaps: the version's change_count is the last
  number integer not null check (number > 0),
  -- rows: edited one by one; append, upsert, replay: rows of a file; revert: takes back another one
  kind text not null check (kind in ('rows', 'append', 'upsert', 'replay', 'revert')),
  inserted bigint not null default 0 check (inserted >= 0),
  updated bigint not null default 0 check (updated >= 0),
  deleted bigint not null default 0 check (deleted >= 0),
  -- rows that were inserted in bulk have no dataset_row_changes: they are the ones with these rowids, both inclusive
  first_rowid bigint,
  last_rowid bigint,
  -- the delivery that the rows came from, and the change set that is taken back
  source_version_id uuid,
  reverts integer,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, version_id, number),
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id) on delete cascade,
  foreign key (tenant_id, dataset_id, source_version_id) references public.dataset_versions (tenant_id, dataset_id, id),
  foreign key (tenant_id, version_id, reverts) references public.dataset_change_sets (tenant_id, version_id, number),
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  check ((first_rowid is null) = (last_rowid is null)),
  check ((kind = 'revert') = (reverts is not null))
);
create index dataset_change_sets_dataset on public.dataset_change_sets (tenant_id, dataset_id, version_id);
create index dataset_change_sets_source on public.dataset_change_sets (tenant_id, dataset_id, source_version_id);
create index dataset_change_sets_reverts on public.dataset_change_sets (tenant_id, version_id, reverts);
create index dataset_change_sets_creator on public.dataset_change_sets (tenant_id, created_by);

-- One row of the history: the cells that changed, by column, as text in Postgres' own form (JSON null is NULL). An insert
-- has no `before`, a delete has no `after`; an update has the changed columns in both.
create table public.dataset_row_changes (
  tenant_id uuid not null,
  dataset_id uuid not null,
  version_id uuid not null,
  change_set integer not null,
  rowid bigint not null,
  before jsonb,
  after jsonb,
  primary key (tenant_id, version_id, change_set, rowid),
  foreign key (tenant_id, version_id, change_set) references public.dataset_change_sets (tenant_id, version_id, number) on delete cascade,
  check (num_nonnulls(before, after) > 0)
);
create index dataset_row_changes_dataset on public.dataset_row_changes (tenant_id, dataset_id, version_id);
-- a row's revision is the last change set that touched it
create index dataset_row_changes_row on public.dataset_row_changes (tenant_id, version_id, rowid, change_set);

-- A name for a version, which is frozen while it has one.
create table public.dataset_aliases (
  tenant_id uuid not null,
  dataset_id uuid not null,
  name text not null check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
  version_id uuid not null,
  moved_by uuid not null,
  moved_at timestamptz not null default now(),
  primary key (tenant_id, dataset_id, name),
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, dataset_id, version_id) references public.dataset_versions (tenant_id, dataset_id, id),
  foreign key (tenant_id, moved_by) references public.memberships (tenant_id, user_id)
);
create index dataset_aliases_version on public.dataset_aliases (tenant_id, dataset_id, version_id);
create index dataset_aliases_mover on public.dataset_aliases (tenant_id, moved_by);

-- Where an alias pointed and when; a null version_number is its removal. By number: the version may be gone.
create table public.dataset_alias_moves (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  dataset_id uuid not null,
  name text not null,
  version_number integer,
  moved_by uuid not null,
  moved_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, moved_by) references public.memberships (tenant_id, user_id)
);
create index dataset_alias_moves_dataset on public.dataset_alias_moves (tenant_id, dataset_id, name);
create index dataset_alias_moves_mover on public.dataset_alias_moves (tenant_id, moved_by);

-- Whether something refers to the version, so that its rows may not change: a write copies it first. Whoever makes a
-- reference, and whoever writes, locks the dataset's row first. Replaced when something else can refer to a version.
create function app.version_is_frozen(version uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.dataset_versions v
    join public.dataset_aliases a on a.tenant_id = v.tenant_id and a.dataset_id = v.dataset_id and a.version_id = v.id
    where v.id = version);
end $$;
revoke all on function app.version_is_frozen from public;
grant execute on function app.version_is_frozen to granary_worker;

alter table public.dataset_change_sets enable row level security, force row level security;
alter table public.dataset_row_changes enable row level security, force row level security;
alter table public.dataset_aliases enable row level security, force row level security;
alter table public.dataset_alias_moves enable row level security, force row level security;

create policy dataset_change_sets_read on public.dataset_change_sets for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
create policy dataset_row_changes_read on public.dataset_row_changes for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
create policy dataset_aliases_read on public.dataset_aliases for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));
create policy dataset_alias_moves_read on public.dataset_alias_moves for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[]));

grant select on public.dataset_change_sets, public.dataset_row_changes, public.dataset_aliases,
  public.dataset_alias_moves to authenticated, granary_worker;
