-- What blocks and edges depend on beside what their arcs say, and what a change would reach. docs/adr/0037-dependencies-and-impact.md

create table public.dependencies (
  tenant_id uuid not null,
  id uuid not null default app.uuidv7(),
  -- what depends
  block_id uuid,
  edge_id uuid,
  -- on what: something of ours …
  dependency_type text not null check (dependency_type in ('internal', 'external')),
  target_block_id uuid,
  target_edge_id uuid,
  target_dataset_id uuid,
  -- … or something else, as it is called there, and without the version
  external_kind text check (external_kind in ('package', 'service', 'doi')),
  external_ref text check (char_length(external_ref) between 1 and 2000),
  external_name text check (char_length(external_name) between 1 and 2000),
  detail text not null default '' check (char_length(detail) <= 2000),
  -- by whom: a person, or a program that read the code
  origin text not null default 'entered' check (origin in ('entered', 'found')),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint dependencies_once unique nulls not distinct
    (tenant_id, block_id, edge_id, target_block_id, target_edge_id, target_dataset_id, external_kind, external_ref),
  foreign key (tenant_id, block_id) references public.blocks (tenant_id, id) on delete cascade,
  foreign key (tenant_id, edge_id) references public.edges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, target_block_id) references public.blocks (tenant_id, id),
  foreign key (tenant_id, target_edge_id) references public.edges (tenant_id, id),
  -- who may only read a dataset does not keep its owner from deleting it
  foreign key (tenant_id, target_dataset_id) references public.datasets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by) references public.memberships (tenant_id, user_id),
  check (num_nonnulls(block_id, edge_id) = 1),
  check (num_nonnulls(target_block_id, target_edge_id, target_dataset_id) = case dependency_type when 'internal' then 1 else 0 end),
  check (num_nonnulls(external_kind, external_ref, external_name) = case dependency_type when 'external' then 3 else 0 end),
  constraint dependencies_reference check (case external_kind
    when 'package' then external_ref ~ '^pkg:[a-z][a-z0-9.+-]*/.+' when 'doi' then external_ref ~ '^10\.\d{4,9}/\S+$'
    when 'service' then external_ref ~ '^https?://\S+$' else true end)
);
create index dependencies_block on public.dependencies (tenant_id, block_id);
create index dependencies_edge on public.dependencies (tenant_id, edge_id);
create index dependencies_target_block on public.dependencies (tenant_id, target_block_id) where target_block_id is not null;
create index dependencies_target_edge on public.dependencies (tenant_id, target_edge_id) where target_edge_id is not null;
create index dependencies_target_dataset on public.dependencies (tenant_id, target_dataset_id) where target_dataset_id is not null;
create index dependencies_external on public.dependencies (tenant_id, external_kind, external_name);
create index dependencies_creator on public.dependencies (tenant_id, created_by);

-- seen by who sees both ends
alter table public.dependencies enable row level security, force row level security;
create policy dependencies_read on public.dependencies for select to authenticated
  using (tenant_id = any ((select app.tenants_with('block:read'))::uuid[])
    and (block_id is null or exists (select from public.blocks b where b.tenant_id = dependencies.tenant_id and b.id = block_id))
    and (edge_id is null or exists (select from public.edges e where e.tenant_id = dependencies.tenant_id and e.id = edge_id))
    and (target_block_id is null or exists (select from public.blocks b where b.tenant_id = dependencies.tenant_id and b.id = target_block_id))
    and (target_edge_id is null or exists (select from public.edges e where e.tenant_id = dependencies.tenant_id and e.id = target_edge_id))
    and (target_dataset_id is null or target_dataset_id = any ((select app.datasets_with('read'))::uuid[])));
grant select on public.dependencies to authenticated, granary_worker;

-- Whether the caller may change what depends: the same as for its versions. SQLSTATE GR404, GR403.
create function app.require_dependent(block uuid, edge uuid) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  kind constant text := case when block is null then 'edge' else 'block' end;
  found_block public.blocks;
begin
  if block is not null then
    select b.* into found_block from public.blocks b where b.tenant_id = tenant and b.id = block;
    if app.may_see_block(found_block) is not true then
      raise exception using errcode = 'GR404', message = 'no such block';
    end if;
  elsif app.may_see_edge((select e from public.edges e where e.tenant_id = tenant and e.id = edge)) is not true then
    raise exception using errcode = 'GR404', message = 'no such edge';
  end if;
  if not app.may(kind || ':write', tenant) then
    raise exception using errcode = 'GR403', message = format('needs the permission %s:write', kind);
  end if;
  if found_block.dataset_id is not null and not app.may_access_dataset(found_block.dataset_id, 'write') then
    raise exception using errcode = 'GR403', message = 'a block of a dataset is changed by who may write the dataset';
  end if;
end $$;

-- `target`: {"kind": "block" | "edge" | "dataset", "id"}, or {"kind": "package" | "service" | "doi", "ref", "name"}. What is there
-- already is left as it is. SQLSTATE GR404: no such target that the caller sees; GR400: it depends on itself.
create function app.add_dependency(block uuid, edge uuid, target jsonb, detail text) returns public.dependencies
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  kind constant text := target ->> 'kind';
  target_id constant uuid := (target ->> 'id')::uuid;
  made public.dependencies;
begin
  perform app.require_dependent(block, edge);
  perform app.hold_member(tenant, app.user_id());
  if target_id in (block, edge) then
    raise exception using errcode = 'GR400', message = 'nothing depends on itself';
  end if;
  if (case kind
      when 'block' then app.may_see_block((select b from public.blocks b where b.tenant_id = tenant and b.id = target_id))
      when 'edge' then app.may_see_edge((select e from public.edges e where e.tenant_id = tenant and e.id = target_id))
      when 'dataset' then app.may_access_dataset(target_id, 'read')
      else target_id is null end) is not true then
    raise exception using errcode = 'GR404', message = format('no such %s', kind);
  end if;
  -- the foreign keys wait for whoever deletes an end, and are waited for
  insert into public.dependencies (tenant_id, block_id, edge_id, dependency_type, target_block_id, target_edge_id, target_dataset_id,
      external_kind, external_ref, external_name, detail, created_by)
    values (tenant, block, edge, case when target_id is null then 'external' else 'internal' end,
      case when kind = 'block' then target_id end, case when kind = 'edge' then target_id end, case when kind = 'dataset' then target_id end,
      case when target_id is null then kind end, target ->> 'ref', target ->> 'name', add_dependency.detail, app.user_id())
    on conflict on constraint dependencies_once do nothing returning * into made;
  if made.id is null then
    raise exception using errcode = 'GR409', message = 'it depends on that already';
  end if;
  return made;
end $$;

create function app.remove_dependency(dependency uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.dependencies;
begin
  select d.* into target from public.dependencies d where d.tenant_id = tenant and d.id = dependency;
  begin
    if target.id is null then
      raise exception using errcode = 'GR404';
    end if;
    perform app.require_dependent(target.block_id, target.edge_id);
  exception when sqlstate 'GR404' then -- in the same words, whatever it was
    raise exception using errcode = 'GR404', message = 'no such dependency';
  end;
  if target.origin = 'found' then
    raise exception using errcode = 'GR412', message = 'it was found in the code, and goes when it is no longer there';
  end if;
  delete from public.dependencies d where d.tenant_id = tenant and d.id = dependency;
end $$;

-- As before, and what depends on it.
create or replace function app.references_to_block(block public.blocks) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
begin
  return nullif(jsonb_strip_nulls(jsonb_build_object(
    'aliases', (select jsonb_agg(a.name order by a.name) from public.block_aliases a
      where a.tenant_id = block.tenant_id and a.block_id = block.id),
    'edges', (select nullif(count(distinct j.edge_id), 0) from public.edge_bindings j
      where j.tenant_id = block.tenant_id and j.block_id = block.id),
    'dependents', (select nullif(count(*), 0) from public.dependencies d
      where d.tenant_id = block.tenant_id and d.target_block_id = block.id))), '{}');
end $$;
create or replace function app.references_to_edge(edge public.edges) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
begin
  return nullif(jsonb_strip_nulls(jsonb_build_object(
    'aliases', (select jsonb_agg(a.name order by a.name) from public.edge_aliases a
      where a.tenant_id = edge.tenant_id and a.edge_id = edge.id),
    'dependents', (select nullif(count(*), 0) from public.dependencies d
      where d.tenant_id = edge.tenant_id and d.target_edge_id = edge.id))), '{}');
end $$;

-- All that a change of something reaches along the arcs of versions that are current or have a name, nearest first, each with what it
-- was reached from and why. Stops at `most` things and
-- `deepest` arcs, and at what the caller may not see: what lies behind that they are not told of. The same for the same catalogue,
-- whatever the plan. Of something external, `reference` says what.
create function app.impact_of(start_kind text, start uuid, reference text, most integer, deepest integer)
  returns table (kind text, id uuid, name text, owner_id uuid, depth integer, via uuid, reason text, port text)
  language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
#variable_conflict use_column
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  sees_blocks constant boolean := app.may('block:read', tenant);
  sees_edges constant boolean := app.may('edge:read', tenant);
  sees_pipelines constant boolean := app.may('pipeline:read', tenant);
  readable constant uuid[] := case when app.may('dataset:read', tenant) then app.datasets_with('read') else '{}' end;
  reached uuid[] := array[start];
  found_count integer := 0;
  level integer := 0;
  kinds text[];
  ids uuid[];
  names text[];
  owners uuid[];
  vias uuid[];
  reasons text[];
  ports text[];
  blocks uuid[] := case when start_kind = 'block' then array[start] else '{}' end;
  edges uuid[] := case when start_kind = 'edge' then array[start] else '{}' end;
  datasets uuid[] := case when start_kind = 'dataset' then array[start] else '{}' end;
begin
  if (case start_kind
      when 'block' then app.may_see_block((select b from public.blocks b where b.tenant_id = tenant and b.id = start))
      when 'edge' then app.may_see_edge((select e from public.edges e where e.tenant_id = tenant and e.id = start))
      when 'dataset' then start = any (readable)
      when 'pipeline' then exists (select from public.pipelines p where p.tenant_id = tenant and p.id = start
        and sees_pipelines and (p.dataset_ids = '{}' or p.dataset_ids <@ readable))
      else true end) is not true then
    raise exception using errcode = 'GR404', message = format('no such %s', start_kind);
  end if;
  loop
    level := level + 1;
    exit when level > deepest or found_count >= most;
    with arcs (id, via, reason, port) as (
      select b.id, b.dataset_id, 'version of', null::text
        from unnest(datasets) f (id) join public.blocks b on b.tenant_id = tenant and b.dataset_id = f.id
      union all
      select j.edge_id, j.block_id, 'reads', j.port
        from unnest(blocks) f (id) join public.edge_bindings j on j.tenant_id = tenant and j.block_id = f.id and j.direction = 'input'
        join public.edges e on e.tenant_id = tenant and e.id = j.edge_id
        where e.current_version_id = j.edge_version_id or exists (select from public.edge_aliases a
          where a.tenant_id = tenant and a.edge_id = j.edge_id and a.version_id = j.edge_version_id)
      union all
      select j.block_id, j.edge_id, 'filled by', j.port
        from unnest(edges) f (id) join public.edges e on e.tenant_id = tenant and e.id = f.id
        join public.edge_bindings j on j.tenant_id = tenant and j.edge_id = e.id and j.direction = 'output'
        where e.current_version_id = j.edge_version_id or exists (select from public.edge_aliases a
          where a.tenant_id = tenant and a.edge_id = j.edge_id and a.version_id = j.edge_version_id)
      union all
      -- what fills a dataset's block makes rows of the dataset, and all else that is of it changes as well
      select b.dataset_id, j.edge_id, 'feeds', j.port
        from unnest(edges) f (id) join public.edges e on e.tenant_id = tenant and e.id = f.id
        join public.edge_bindings j on j.tenant_id = tenant and j.edge_id = e.id and j.direction = 'output'
        join public.blocks b on b.tenant_id = tenant and b.id = j.block_id and b.dataset_id is not null
        where e.current_version_id = j.edge_version_id or exists (select from public.edge_aliases a
          where a.tenant_id = tenant and a.edge_id = j.edge_id and a.version_id = j.edge_version_id)
      union all
      select coalesce(d.block_id, d.edge_id), d.target_block_id, 'depends on', null
        from unnest(blocks) f (id) join public.dependencies d on d.tenant_id = tenant and d.target_block_id = f.id
      union all
      select coalesce(d.block_id, d.edge_id), d.target_edge_id, 'depends on', null
        from unnest(edges) f (id) join public.dependencies d on d.tenant_id = tenant and d.target_edge_id = f.id
      union all
      select coalesce(d.block_id, d.edge_id), d.target_dataset_id, 'depends on', null
        from unnest(datasets) f (id) join public.dependencies d on d.tenant_id = tenant and d.target_dataset_id = f.id
      union all
      -- where a pipeline that one sees joins them: rows of a dataset go into an edge, and out of it into another
      select e.edge_id, e.source_dataset_id, 'reads', e.port
        from unnest(datasets) f (id) join public.pipeline_edges e on e.tenant_id = tenant and e.source_dataset_id = f.id
        join public.pipelines p on p.tenant_id = tenant and p.id = e.pipeline_id and p.current_version_id = e.version_id
        where sees_pipelines and p.dataset_ids <@ readable
      union all
      select s.target_dataset_id, s.edge_id, 'feeds', null
        from unnest(edges) f (id) join public.pipeline_steps s on s.tenant_id = tenant and s.edge_id = f.id
        join public.pipelines p on p.tenant_id = tenant and p.id = s.pipeline_id and p.current_version_id = s.version_id
        where sees_pipelines and p.dataset_ids <@ readable
      union all
      select s.pipeline_id, s.edge_id, 'runs', null
        from unnest(edges) f (id) join public.pipeline_steps s on s.tenant_id = tenant and s.edge_id = f.id
        join public.pipelines p on p.tenant_id = tenant and p.id = s.pipeline_id and p.current_version_id = s.version_id
      union all
      select u.pipeline_id, u.block_id, 'uses', null
        from unnest(blocks) f (id) join public.pipeline_blocks u on u.tenant_id = tenant and u.block_id = f.id
        join public.pipelines p on p.tenant_id = tenant and p.id = u.pipeline_id and p.current_version_id = u.version_id
      union all
      -- only where it begins: of a pipeline that is reached, the steps that are reached say what they fill
      select s.target_dataset_id, s.pipeline_id, 'feeds', null
        from public.pipelines p join public.pipeline_steps s on s.tenant_id = tenant and s.version_id = p.current_version_id
        where level = 1 and start_kind = 'pipeline' and p.tenant_id = tenant and p.id = start
      union all
      select coalesce(d.block_id, d.edge_id), null, 'depends on', d.external_ref
        from public.dependencies d where level = 1 and start is null and d.tenant_id = tenant and d.external_kind = start_kind
          and (d.external_ref = reference or d.external_name = reference)
    ), nearest as (
      select distinct on (a.id) a.* from arcs a
      where not exists (select from unnest(reached) r (id) where r.id = a.id)
      order by a.id, a.via, a.reason, a.port
    ), seen as (
      select n.*, 'block' as kind, b.name, b.owner_id from nearest n join public.blocks b on b.tenant_id = tenant and b.id = n.id
        where sees_blocks and (b.dataset_id is null or b.dataset_id = any (readable))
      union all
      select n.*, 'edge', e.name, e.owner_id from nearest n join public.edges e on e.tenant_id = tenant and e.id = n.id
        where sees_edges and (e.dataset_ids = '{}' or e.dataset_ids <@ readable)
      union all
      select n.*, 'dataset', d.name, d.owner_id from nearest n join public.datasets d on d.tenant_id = tenant and d.id = n.id
        where d.id = any (readable)
      union all
      select n.*, 'pipeline', p.name, p.owner_id from nearest n join public.pipelines p on p.tenant_id = tenant and p.id = n.id
        where sees_pipelines and (p.dataset_ids = '{}' or p.dataset_ids <@ readable)
      order by id limit most - found_count
    )
    select array_agg(s.kind order by s.id), array_agg(s.id order by s.id), array_agg(s.name order by s.id), array_agg(s.owner_id order by s.id),
        array_agg(s.via order by s.id), array_agg(s.reason order by s.id), array_agg(s.port order by s.id)
      into kinds, ids, names, owners, vias, reasons, ports from seen s;
    exit when ids is null;
    return query select f.kind, f.id, f.name, f.owner_id, level, f.via, f.reason, f.port
      from unnest(kinds, ids, names, owners, vias, reasons, ports) f (kind, id, name, owner_id, via, reason, port);
    found_count := found_count + cardinality(ids);
    reached := reached || ids;
    blocks := array(select f.id from unnest(ids, kinds) f (id, kind) where f.kind = 'block');
    edges := array(select f.id from unnest(ids, kinds) f (id, kind) where f.kind = 'edge');
    datasets := array(select f.id from unnest(ids, kinds) f (id, kind) where f.kind = 'dataset');
  end loop;
end $$;

revoke all on function app.require_dependent, app.add_dependency, app.remove_dependency, app.impact_of from public;
grant execute on function app.add_dependency, app.remove_dependency, app.impact_of to granary_member;
