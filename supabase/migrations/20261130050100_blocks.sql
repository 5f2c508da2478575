-- Blocks: what data flows from and into, a dataset or a model. The catalogue is the organization's: who may read blocks sees
-- them all, but a block of a dataset only where they may read that dataset, for it shows its columns.
insert into public.permissions (name, description) values
  ('block:read', 'see blocks; those of datasets where one may read the dataset'),
  ('block:write', 'make blocks and their versions, move names; those of datasets where one may write the dataset'),
  ('block:delete', 'delete blocks that nothing uses'),
  ('edge:read', 'see edges, their versions and verifications'),
  ('edge:write', 'make edges and their versions, move names, have versions verified'),
  ('edge:delete', 'delete edges that nothing uses'),
  ('edge:approve', 'approve what others wrote, where the organization wants that'),
  ('taxonomy:read', 'see the categories'),
  ('taxonomy:write', 'make, move, merge and delete categories');
select app.extend_builtin_roles('{
  "owner": ["block:read", "block:write", "block:delete", "edge:read", "edge:write", "edge:delete", "edge:approve", "taxonomy:read", "taxonomy:write"],
  "admin": ["block:read", "block:write", "block:delete", "edge:read", "edge:write", "edge:delete", "edge:approve", "taxonomy:read", "taxonomy:write"],
  "editor": ["block:read", "block:write", "block:delete", "edge:read", "edge:write", "edge:delete", "edge:approve", "taxonomy:read", "taxonomy:write"],
  "viewer": ["block:read", "edge:read", "taxonomy:read"],
  "auditor": ["block:read", "edge:read", "taxonomy:read"]}');

create table public.blocks (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  name text not null check (btrim(name) <> '' and char_length(name) <= 200),
  block_type text not null check (block_type in ('dataset', 'model')),
  description text not null default '' check (char_length(description) <= 10000),
  -- whose it is; null once they left
  owner_id uuid,
  -- of a dataset block: the dataset whose versions its versions are
  dataset_id uuid,
  current_version_id uuid,
  -- counts changes of the block, its versions and names: who changes one says which they saw
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint blocks_name unique (tenant_id, name),
  unique (tenant_id, id, block_type),
  foreign key (tenant_id, owner_id) references public.memberships (tenant_id, user_id),
  -- when an organization is erased; app.delete_dataset refuses while there is one
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  check ((block_type = 'dataset') = (dataset_id is not null))
);
create unique index blocks_id on public.blocks (id);
create index blocks_owner on public.blocks (tenant_id, owner_id);
create index blocks_dataset on public.blocks (tenant_id, dataset_id);

create table public.block_versions (
  tenant_id uuid not null,
  block_id uuid not null,
  block_type text not null,
  id uuid not null default app.uuidv7(),
  number integer not null check (number > 0),
  metadata jsonb not null default '{}',
  -- what goes in (a model's features) and what comes out (a dataset's rows, a model's predictions)
  inputs jsonb not null default '[]' check (app.are_ports(inputs)),
  outputs jsonb not null default '[]' check (app.are_ports(outputs)),
  dataset_id uuid,
  dataset_version_id uuid,
  -- SHA-256 of the canonical form (RFC 8785) of all of the above from metadata on
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  -- whether anything new may use it
  is_active boolean not null default true,
  primary key (tenant_id, id),
  unique (tenant_id, block_id, id),
  unique (tenant_id, block_id, number),
  foreign key (tenant_id, block_id, block_type) references public.blocks (tenant_id, id, block_type) on delete cascade,
  -- deferred: a dataset that is erased takes its versions and its blocks with it, one before the other
  foreign key (tenant_id, dataset_id, dataset_version_id) references public.dataset_versions (tenant_id, dataset_id, id)
    deferrable initially deferred,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  constraint block_versions_metadata check (app.is_metadata(block_type, metadata)),
  check ((block_type = 'dataset') = (dataset_id is not null) and (dataset_id is null) = (dataset_version_id is null))
);
create unique index block_versions_id on public.block_versions (id);
create index block_versions_block on public.block_versions (tenant_id, block_id, block_type);
create index block_versions_dataset_version on public.block_versions (tenant_id, dataset_id, dataset_version_id);
create index block_versions_creator on public.block_versions (tenant_id, created_by);
create trigger keep_version before update on public.block_versions for each row execute function app.keep_version();

alter table public.blocks add foreign key (tenant_id, id, current_version_id) references public.block_versions (tenant_id, block_id, id);
create index blocks_current_version on public.blocks (tenant_id, id, current_version_id);

create table public.block_aliases (
  tenant_id uuid not null,
  block_id uuid not null,
  name text not null check (name ~ '^[a-z][a-z0-9_-]{0,62}$' and name not in ('current', 'latest')),
  version_id uuid not null,
  moved_by uuid not null,
  moved_at timestamptz not null default now(),
  primary key (tenant_id, block_id, name),
  foreign key (tenant_id, block_id) references public.blocks (tenant_id, id) on delete cascade,
  foreign key (tenant_id, block_id, version_id) references public.block_versions (tenant_id, block_id, id),
  foreign key (tenant_id, moved_by) references public.memberships (tenant_id, user_id)
);
create index block_aliases_version on public.block_aliases (tenant_id, block_id, version_id);
create index block_aliases_mover on public.block_aliases (tenant_id, moved_by);

create table public.block_alias_moves (
  tenant_id uuid not null,
  block_id uuid not null,
  id uuid not null default app.uuidv7(),
  name text not null,
  -- null: the name was removed
  version_number integer,
  moved_by uuid not null,
  moved_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, block_id) references public.blocks (tenant_id, id) on delete cascade,
  foreign key (tenant_id, moved_by) references public.memberships (tenant_id, user_id)
);
create index block_alias_moves_block on public.block_alias_moves (tenant_id, block_id, id);
create index block_alias_moves_mover on public.block_alias_moves (tenant_id, moved_by);

-- written by the commands alone, hence no policy and no grant for that
alter table public.blocks enable row level security, force row level security;
alter table public.block_versions enable row level security, force row level security;
alter table public.block_aliases enable row level security, force row level security;
alter table public.block_alias_moves enable row level security, force row level security;
create policy blocks_read on public.blocks for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and (dataset_id is null or dataset_id = any ((select app.datasets_with('read'))::uuid[])));
create policy block_versions_read on public.block_versions for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and (dataset_id is null or dataset_id = any ((select app.datasets_with('read'))::uuid[])));
-- what hangs on a block is seen by who sees the block
create policy block_aliases_read on public.block_aliases for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and exists (select from public.blocks b where b.tenant_id = block_aliases.tenant_id and b.id = block_id));
create policy block_alias_moves_read on public.block_alias_moves for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and exists (select from public.blocks b where b.tenant_id = block_alias_moves.tenant_id and b.id = block_id));
grant select on public.blocks, public.block_versions, public.block_aliases, public.block_alias_moves to authenticated, granary_worker;

-- As before, and where a block points at the version.
create or replace function app.version_is_frozen(version uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.dataset_versions v
    join public.dataset_aliases a on a.tenant_id = v.tenant_id and a.dataset_id = v.dataset_id and a.version_id = v.id
    where v.id = version)
  or exists (
    select from public.dataset_versions v
    join public.block_versions b on b.tenant_id = v.tenant_id and b.dataset_id = v.dataset_id and b.dataset_version_id = v.id
    where v.id = version);
end $$;

-- As before, and not while blocks are made of it: they would point at nothing.
create or replace function app.delete_dataset(dataset uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  blocks jsonb;
begin
  if not app.may_access_dataset(dataset, 'admin') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  perform from public.datasets d where d.id = dataset for update; -- as whoever makes a block of it does
  select jsonb_agg(b.name order by b.name) into blocks from public.datasets d
    join public.blocks b on b.tenant_id = d.tenant_id and b.dataset_id = d.id where d.id = dataset;
  if blocks is not null then
    raise exception using errcode = 'GR412',
      message = format('the dataset is in the catalogue as %s: delete that first', (select string_agg(b, ', ') from jsonb_array_elements_text(blocks) b)),
      detail = jsonb_build_object('blocks', blocks)::text;
  end if;
  update public.datasets set current_version_id = null where id = dataset;
  delete from public.datasets where id = dataset;
end $$;
