-- What can be searched for, and in what: sources (datasets, blocks, edges), the passages of what they say of themselves, and the
-- passages' vectors. Never rows of a dataset. docs/adr/0040-search.md

-- an index on tenant and words together, so that one organization's words cost another one nothing
create extension if not exists btree_gin with schema extensions;

-- Which model made a vector: vectors of two models cannot be compared.
create table public.embedding_models (
  id uuid primary key default app.uuidv7(),
  name text not null check (name <> '' and char_length(name) <= 200),
  -- of the weights, or where they are served
  version text not null check (char_length(version) <= 200),
  -- null until it has made a vector
  dimensions integer check (dimensions between 1 and 8192),
  -- the one that was chosen last makes the vectors of what changes, and is to have made all others
  chosen_at timestamptz not null default now(),
  unique (name, version)
);
alter table public.embedding_models enable row level security, force row level security;
create policy embedding_models_read on public.embedding_models for select to authenticated using (true);
grant select on public.embedding_models to authenticated, granary_worker;

create table public.search_sources (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  -- one of them
  dataset_id uuid,
  block_id uuid,
  edge_id uuid,
  -- counts its changes, and which of them its passages show: there is a job for it in the queue while the two differ
  wanted integer not null default 1,
  indexed integer not null default 0 check (indexed <= wanted),
  queued_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, block_id) references public.blocks (tenant_id, id) on delete cascade,
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id) on delete cascade,
  check (num_nonnulls(dataset_id, block_id, edge_id) = 1)
);
create unique index search_sources_dataset on public.search_sources (tenant_id, dataset_id) where dataset_id is not null;
create unique index search_sources_block on public.search_sources (tenant_id, block_id) where block_id is not null;
create unique index search_sources_edge on public.search_sources (tenant_id, edge_id) where edge_id is not null;
create index search_sources_waiting on public.search_sources (queued_at) where indexed < wanted;

create table public.search_passages (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  source_id uuid not null,
  -- within its source, and where it stands in the text of the source, in characters
  position integer not null check (position >= 0),
  begins_at integer not null check (begins_at >= 0),
  -- the name of the thing, which belongs to every passage of it
  title text not null,
  text text not null check (text <> '' and char_length(text) <= 4000),
  -- the text search configuration that its words were reduced with
  language text not null check (language ~ '^[a-z]+$'),
  -- as they are written, and reduced; the title weighs more
  lexemes tsvector not null,
  -- of language, title and text: what did not change keeps its vector
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  primary key (tenant_id, id),
  unique (tenant_id, source_id, id),
  unique (tenant_id, source_id, digest),
  foreign key (tenant_id, source_id) references public.search_sources (tenant_id, id) on delete cascade
);
create index search_passages_lexemes on public.search_passages using gin (tenant_id, lexemes);

create table public.passage_vectors (
  tenant_id uuid not null,
  source_id uuid not null,
  passage_id uuid not null,
  model_id uuid not null references public.embedding_models (id),
  -- where the vector is, and as what
  vector_db text not null check (vector_db in ('postgres', 'pinecone')),
  vector_key text not null check (vector_key <> ''),
  -- the categories, with those above them, that its entry in another database was given to filter by
  taxonomy_filter jsonb not null default '[]' check (jsonb_typeof(taxonomy_filter) = 'array'),
  -- the sign of each dimension: a scan of these finds the candidates, the vector itself ranks them
  bits bit varying,
  -- of length 1
  vector real[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, passage_id),
  foreign key (tenant_id, source_id, passage_id) references public.search_passages (tenant_id, source_id, id) on delete cascade,
  check ((vector_db = 'postgres') = (vector is not null) and (vector is null) = (bits is null))
)
-- vectors stand apart, whatever their length, and nothing else does: the scan of bits reads a narrow table
with (toast_tuple_target = 128);
alter table public.passage_vectors alter column vector set storage external, alter column bits set storage plain,
  alter column vector_key set storage plain, alter column taxonomy_filter set storage main;
create index passage_vectors_passage on public.passage_vectors (tenant_id, source_id, passage_id);
create index passage_vectors_model on public.passage_vectors (model_id, tenant_id);

-- A source is seen by who sees the thing; what hangs on it, by who sees the source. Written by the worker and by triggers alone.
alter table public.search_sources enable row level security, force row level security;
alter table public.search_passages enable row level security, force row level security;
alter table public.passage_vectors enable row level security, force row level security;
create policy search_sources_read on public.search_sources for select to authenticated
  using (dataset_id = any ((select app.datasets_with('read'))::uuid[])
    or (block_id is not null and exists (select from public.blocks b where b.tenant_id = search_sources.tenant_id and b.id = block_id))
    or (edge_id is not null and exists (select from public.edges e where e.tenant_id = search_sources.tenant_id and e.id = edge_id)));
create policy search_passages_read on public.search_passages for select to authenticated
  using (tenant_id = any ((select app.tenants_with('dataset:read'))::uuid[])
    and exists (select from public.search_sources s where s.tenant_id = search_passages.tenant_id and s.id = source_id));
create policy passage_vectors_read on public.passage_vectors for select to authenticated
  using (tenant_id = any ((select app.tenants_with('dataset:read'))::uuid[])
    and exists (select from public.search_sources s where s.tenant_id = passage_vectors.tenant_id and s.id = source_id));
grant select on public.search_sources, public.search_passages, public.passage_vectors to authenticated, granary_worker;
grant update (indexed) on public.search_sources to granary_worker;
grant insert, update, delete on public.search_passages, public.passage_vectors to granary_worker;

create view public.block_vector_representations with (security_invoker = true) as
  select v.tenant_id, v.passage_id as vector_id, s.block_id, v.vector_db, v.vector_key, v.taxonomy_filter, v.created_at, v.updated_at
  from public.passage_vectors v join public.search_sources s on s.tenant_id = v.tenant_id and s.id = v.source_id
  where s.block_id is not null;
create view public.edge_vector_representations with (security_invoker = true) as
  select v.tenant_id, v.passage_id as vector_id, s.edge_id, v.vector_db, v.vector_key, v.taxonomy_filter, v.created_at, v.updated_at
  from public.passage_vectors v join public.search_sources s on s.tenant_id = v.tenant_id and s.id = v.source_id
  where s.edge_id is not null;
grant select on public.block_vector_representations, public.edge_vector_representations to authenticated;
