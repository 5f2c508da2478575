-- Who made a pipeline, whoever's it is by now, and since when a block or an edge is in one of its versions. As the version, that does not
-- change: updated_at is there for readers who know the catalogue's tables by it.
alter table public.pipelines add column created_by uuid default app.user_id();
update public.pipelines p set created_by = v.created_by from public.pipeline_versions v
  where v.tenant_id = p.tenant_id and v.pipeline_id = p.id and v.number = 1;
alter table public.pipelines alter column created_by set not null,
  add foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id);
create index pipelines_creator on public.pipelines (tenant_id, created_by);

alter table public.pipeline_blocks add column id uuid not null default app.uuidv7(),
  add column created_at timestamptz, add constraint pipeline_blocks_id unique (tenant_id, id);
alter table public.pipeline_edges add column id uuid not null default app.uuidv7(),
  add column created_at timestamptz, add constraint pipeline_edges_id unique (tenant_id, id);

alter table public.pipeline_blocks disable trigger keep_version;
alter table public.pipeline_edges disable trigger keep_version;
update public.pipeline_blocks b set created_at = v.created_at from public.pipeline_versions v
  where v.tenant_id = b.tenant_id and v.id = b.version_id;
update public.pipeline_edges e set created_at = v.created_at from public.pipeline_versions v
  where v.tenant_id = e.tenant_id and v.id = e.version_id;
alter table public.pipeline_blocks enable trigger keep_version;
alter table public.pipeline_edges enable trigger keep_version;

alter table public.pipeline_blocks alter column created_at set default now(), alter column created_at set not null,
  add column updated_at timestamptz generated always as (created_at) stored;
alter table public.pipeline_edges alter column created_at set default now(), alter column created_at set not null,
  add column updated_at timestamptz generated always as (created_at) stored;
