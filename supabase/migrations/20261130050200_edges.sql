-- Edges: transformations between blocks. A version says what goes in and comes out, and how it is done: SQL in DuckDB's dialect,
-- a container's image, or an op of Dagster. Its ports are joined to ports of blocks; an edge is seen by who may read every dataset
-- that any of its versions touches, for it shows their columns.
create table public.edges (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  name text not null check (btrim(name) <> '' and char_length(name) <= 200),
  description text not null default '' check (char_length(description) <= 10000),
  -- whose it is; null once they left
  owner_id uuid,
  -- of all blocks that its versions are joined to; grows only. No foreign keys: the joints have them (edge_bindings)
  dataset_ids uuid[] not null default '{}',
  current_version_id uuid,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint edges_name unique (tenant_id, name),
  foreign key (tenant_id, owner_id) references public.memberships (tenant_id, user_id)
);
create unique index edges_id on public.edges (id);
create index edges_owner on public.edges (tenant_id, owner_id);

create table public.edge_versions (
  tenant_id uuid not null,
  edge_id uuid not null,
  id uuid not null default app.uuidv7(),
  number integer not null check (number > 0),
  metadata jsonb not null default '{}' constraint edge_versions_metadata check (app.is_metadata('edge', metadata)),
  -- the schemas of its source and target ports
  inputs jsonb not null check (app.are_ports(inputs)),
  outputs jsonb not null check (app.are_ports(outputs) and jsonb_array_length(outputs) > 0),
  kind text not null check (kind in ('sql', 'container', 'dagster')),
  -- sql: one SELECT over the inputs by their names, for the one output
  sql text check (char_length(sql) between 1 and 100000),
  -- container: a reference, and the command in it
  image text check (char_length(image) between 1 and 512),
  command text[],
  -- dagster: location:repository:op
  dagster_op text check (char_length(dagster_op) between 1 and 512),
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  -- whether it may run, and be joined to
  is_active boolean not null default true,
  primary key (tenant_id, id),
  unique (tenant_id, edge_id, id),
  unique (tenant_id, edge_id, number),
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  constraint edge_versions_implementation check (
    (kind = 'sql') = (sql is not null) and (kind = 'container') = (image is not null) and (kind = 'dagster') = (dagster_op is not null)
    and (kind = 'container' or command is null) and (kind <> 'sql' or jsonb_array_length(outputs) = 1))
);
create unique index edge_versions_id on public.edge_versions (id);
create index edge_versions_creator on public.edge_versions (tenant_id, created_by);
create trigger keep_version before update on public.edge_versions for each row execute function app.keep_version();

alter table public.edges add foreign key (tenant_id, id, current_version_id) references public.edge_versions (tenant_id, edge_id, id);
create index edges_current_version on public.edges (tenant_id, id, current_version_id);

-- An arc: a port of an edge's version that is joined to a port of a block, which it fitted when it was made.
create table public.edge_bindings (
  tenant_id uuid not null,
  edge_id uuid not null,
  edge_version_id uuid not null,
  -- of the edge: rows flow into an input from the block's output, out of an output into the block
  direction text not null check (direction in ('input', 'output')),
  port text not null,
  block_id uuid not null,
  block_port text not null,
  -- the block's version that it was compared with
  block_version_id uuid not null,
  primary key (tenant_id, edge_version_id, direction, port, block_id),
  foreign key (tenant_id, edge_id, edge_version_id) references public.edge_versions (tenant_id, edge_id, id) on delete cascade,
  foreign key (tenant_id, block_id, block_version_id) references public.block_versions (tenant_id, block_id, id)
);
-- an input is fed by one block; an output may feed several
create unique index edge_bindings_source on public.edge_bindings (tenant_id, edge_version_id, port) where direction = 'input';
create index edge_bindings_edge on public.edge_bindings (tenant_id, edge_id, edge_version_id);
create index edge_bindings_block on public.edge_bindings (tenant_id, block_id, block_version_id);

create table public.edge_aliases (
  tenant_id uuid not null,
  edge_id uuid not null,
  name text not null check (name ~ '^[a-z][a-z0-9_-]{0,62}$' and name not in ('current', 'latest')),
  version_id uuid not null,
  moved_by uuid not null,
  moved_at timestamptz not null default now(),
  primary key (tenant_id, edge_id, name),
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, edge_id, version_id) references public.edge_versions (tenant_id, edge_id, id),
  foreign key (tenant_id, moved_by) references public.memberships (tenant_id, user_id)
);
create index edge_aliases_version on public.edge_aliases (tenant_id, edge_id, version_id);
create index edge_aliases_mover on public.edge_aliases (tenant_id, moved_by);

create table public.edge_alias_moves (
  tenant_id uuid not null,
  edge_id uuid not null,
  id uuid not null default app.uuidv7(),
  name text not null,
  version_number integer,
  moved_by uuid not null,
  moved_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, moved_by) references public.memberships (tenant_id, user_id)
);
create index edge_alias_moves_edge on public.edge_alias_moves (tenant_id, edge_id, id);
create index edge_alias_moves_mover on public.edge_alias_moves (tenant_id, moved_by);

alter table public.edges enable row level security, force row level security;
alter table public.edge_versions enable row level security, force row level security;
alter table public.edge_bindings enable row level security, force row level security;
alter table public.edge_aliases enable row level security, force row level security;
alter table public.edge_alias_moves enable row level security, force row level security;
create policy edges_read on public.edges for select to authenticated
  using (tenant_id = any ((select app.tenants_with('edge:read'))::uuid[])
    and (dataset_ids = '{}' or dataset_ids <@ (select app.datasets_with('read'))::uuid[]));
-- what hangs on an edge is seen by who sees the edge
create policy edge_versions_read on public.edge_versions for select to authenticated
  using (tenant_id = any ((select app.tenants_with('edge:read'))::uuid[])
    and exists (select from public.edges e where e.tenant_id = edge_versions.tenant_id and e.id = edge_id));
create policy edge_bindings_read on public.edge_bindings for select to authenticated
  using (tenant_id = any ((select app.tenants_with('edge:read'))::uuid[])
    and exists (select from public.edges e where e.tenant_id = edge_bindings.tenant_id and e.id = edge_id));
create policy edge_aliases_read on public.edge_aliases for select to authenticated
  using (tenant_id = any ((select app.tenants_with('edge:read'))::uuid[])
    and exists (select from public.edges e where e.tenant_id = edge_aliases.tenant_id and e.id = edge_id));
create policy edge_alias_moves_read on public.edge_alias_moves for select to authenticated
  using (tenant_id = any ((select app.tenants_with('edge:read'))::uuid[])
    and exists (select from public.edges e where e.tenant_id = edge_alias_moves.tenant_id and e.id = edge_id));
grant select on public.edges, public.edge_versions, public.edge_bindings, public.edge_aliases, public.edge_alias_moves
  to authenticated, granary_worker;
