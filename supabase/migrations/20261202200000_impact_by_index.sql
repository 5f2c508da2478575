-- What a change reaches, fast enough to ask while one looks. As before, but planned once a connection instead of at every level, and
-- each arc is an entry of an index, whatever the statistics say: a level costs what it finds, not what the catalogue holds.
-- docs/adr/0037-dependencies-and-impact.md
create index edge_bindings_reader on public.edge_bindings (tenant_id, block_id) include (edge_id, edge_version_id, port)
  where direction = 'input';
create index edge_bindings_filler on public.edge_bindings (tenant_id, edge_id) include (edge_version_id, block_id, port)
  where direction = 'output';
create index blocks_of_datasets on public.blocks (tenant_id, id) include (dataset_id) where dataset_id is not null;
create index dependencies_of_block on public.dependencies (tenant_id, target_block_id) include (block_id, edge_id)
  where target_block_id is not null;
create index dependencies_of_edge on public.dependencies (tenant_id, target_edge_id) include (block_id, edge_id)
  where target_edge_id is not null;
drop index public.dependencies_target_block, public.dependencies_target_edge;

-- The walk of app.impact_of, which says who asks and what they may read. `readable` is sorted, and so is what was reached: whether an id
-- is among many is `many[width_bucket(id, many)] = id`, a search by halves, for which nothing has to be planned or hashed. `offset 0`
-- keeps an exists from being answered by a table of all aliases.
create function app.walk_impact(tenant uuid, sees_blocks boolean, sees_edges boolean, sees_pipelines boolean, readable uuid[],
    start_kind text, start uuid, reference text, most integer, deepest integer)
  returns table (kind text, id uuid, name text, owner_id uuid, depth integer, via uuid, reason text, port text)
  language plpgsql stable set search_path = '' set work_mem = '32MB'
  set plan_cache_mode = 'force_generic_plan' set jit = off set join_collapse_limit = 1
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off as $$
#variable_conflict use_column
declare
  reached uuid[] := array_remove(array[start], null);
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
  loop
    level := level + 1;
    exit when level > deepest or found_count >= most;
    with arcs (kind, id, via, reason, port) as (
      select 'block', b.id, b.dataset_id, 'version of', null::text
        from unnest(datasets) f (id) join public.blocks b on b.tenant_id = tenant and b.dataset_id = f.id
      union all
      select 'edge', j.edge_id, j.block_id, 'reads', j.port
        from unnest(blocks) f (id) join public.edge_bindings j on j.tenant_id = tenant and j.block_id = f.id and j.direction = 'input'
        join public.edges e on e.tenant_id = tenant and e.id = j.edge_id
        where e.current_version_id = j.edge_version_id or exists (select from public.edge_aliases a
          where a.tenant_id = tenant and a.edge_id = j.edge_id and a.version_id = j.edge_version_id offset 0)
      union all
      -- what fills a dataset's block makes rows of the dataset, and all else that is of it changes as well
      select a.kind, a.id, j.edge_id, a.reason, j.port
        from unnest(edges) f (id) join public.edges e on e.tenant_id = tenant and e.id = f.id
        join public.edge_bindings j on j.tenant_id = tenant and j.edge_id = f.id and j.direction = 'output'
        left join public.blocks b on b.tenant_id = tenant and b.id = j.block_id and b.dataset_id is not null
        cross join lateral (values ('block', j.block_id, 'filled by'), ('dataset', b.dataset_id, 'feeds')) a (kind, id, reason)
        where a.id is not null and (e.current_version_id = j.edge_version_id or exists (select from public.edge_aliases a
          where a.tenant_id = tenant and a.edge_id = j.edge_id and a.version_id = j.edge_version_id offset 0))
      union all
      select case when d.edge_id is null then 'block' else 'edge' end, coalesce(d.block_id, d.edge_id), f.id, 'depends on', null
        from unnest(blocks) f (id) join public.dependencies d on d.tenant_id = tenant and d.target_block_id = f.id
      union all
      select case when d.edge_id is null then 'block' else 'edge' end, coalesce(d.block_id, d.edge_id), f.id, 'depends on', null
        from unnest(edges) f (id) join public.dependencies d on d.tenant_id = tenant and d.target_edge_id = f.id
      union all
      select case when d.edge_id is null then 'block' else 'edge' end, coalesce(d.block_id, d.edge_id), f.id, 'depends on', null
        from unnest(datasets) f (id) join public.dependencies d on d.tenant_id = tenant and d.target_dataset_id = f.id
      union all
      -- where a pipeline that one sees joins them: rows of a dataset go into an edge, and out of it into another
      select 'edge', e.edge_id, f.id, 'reads', e.port
        from unnest(datasets) f (id) join public.pipeline_edges e on e.tenant_id = tenant and e.source_dataset_id = f.id
        join public.pipelines p on p.tenant_id = tenant and p.id = e.pipeline_id and p.current_version_id = e.version_id
        where sees_pipelines and not exists (select from unnest(p.dataset_ids) x (id)
          where (select readable)[width_bucket(x.id, (select readable))] is distinct from x.id)
      union all
      select 'dataset', s.target_dataset_id, f.id, 'feeds', null
        from unnest(edges) f (id) join public.pipeline_steps s on s.tenant_id = tenant and s.edge_id = f.id
        join public.pipelines p on p.tenant_id = tenant and p.id = s.pipeline_id and p.current_version_id = s.version_id
        where sees_pipelines and not exists (select from unnest(p.dataset_ids) x (id)
          where (select readable)[width_bucket(x.id, (select readable))] is distinct from x.id)
      union all
      select 'pipeline', s.pipeline_id, f.id, 'runs', null
        from unnest(edges) f (id) join public.pipeline_steps s on s.tenant_id = tenant and s.edge_id = f.id
        join public.pipelines p on p.tenant_id = tenant and p.id = s.pipeline_id and p.current_version_id = s.version_id
      union all
      select 'pipeline', u.pipeline_id, f.id, 'uses', null
        from unnest(blocks) f (id) join public.pipeline_blocks u on u.tenant_id = tenant and u.block_id = f.id
        join public.pipelines p on p.tenant_id = tenant and p.id = u.pipeline_id and p.current_version_id = u.version_id
      union all
      -- only where it begins: of a pipeline that is reached, the steps that are reached say what they fill
      select 'dataset', s.target_dataset_id, s.pipeline_id, 'feeds', null
        from public.pipelines p join public.pipeline_steps s on s.tenant_id = tenant and s.version_id = p.current_version_id
        where level = 1 and start_kind = 'pipeline' and p.tenant_id = tenant and p.id = start
      union all
      select case when d.edge_id is null then 'block' else 'edge' end, coalesce(d.block_id, d.edge_id), null, 'depends on', d.external_ref
        from public.dependencies d where level = 1 and start is null and d.tenant_id = tenant and d.external_kind = start_kind
          and (d.external_ref = reference or d.external_name = reference)
    ), nearest as materialized (
      select distinct on (a.id) a.* from arcs a
      where (select reached)[width_bucket(a.id, (select reached))] is distinct from a.id
      order by a.id, a.via, a.reason collate "C", a.port collate "C"
    ), seen as (
      select n.*, b.name, b.owner_id from nearest n join public.blocks b on b.tenant_id = tenant and b.id = n.id
        where n.kind = 'block' and sees_blocks and (b.dataset_id is null or (select readable)[width_bucket(b.dataset_id, (select readable))] = b.dataset_id)
      union all
      select n.*, e.name, e.owner_id from nearest n join public.edges e on e.tenant_id = tenant and e.id = n.id
        where n.kind = 'edge' and sees_edges and (e.dataset_ids = '{}' or not exists (select from unnest(e.dataset_ids) x (id)
          where (select readable)[width_bucket(x.id, (select readable))] is distinct from x.id))
      union all
      select n.*, d.name, d.owner_id from nearest n join public.datasets d on d.tenant_id = tenant and d.id = n.id
        where n.kind = 'dataset' and (select readable)[width_bucket(d.id, (select readable))] = d.id
      union all
      select n.*, p.name, p.owner_id from nearest n join public.pipelines p on p.tenant_id = tenant and p.id = n.id
        where n.kind = 'pipeline' and sees_pipelines and not exists (select from unnest(p.dataset_ids) x (id)
          where (select readable)[width_bucket(x.id, (select readable))] is distinct from x.id)
      order by id limit most - found_count
    )
    select array_agg(s.kind), array_agg(s.id), array_agg(s.name), array_agg(s.owner_id), array_agg(s.via), array_agg(s.reason), array_agg(s.port)
      into kinds, ids, names, owners, vias, reasons, ports from seen s;
    exit when ids is null;
    return query select f.kind, f.id, f.name, f.owner_id, level, f.via, f.reason, f.port
      from unnest(kinds, ids, names, owners, vias, reasons, ports) f (kind, id, name, owner_id, via, reason, port);
    found_count := found_count + cardinality(ids);
    reached := array(select r.id from unnest(reached || ids) r (id) order by r.id);
    blocks := array(select f.id from unnest(ids, kinds) f (id, kind) where f.kind = 'block');
    edges := array(select f.id from unnest(ids, kinds) f (id, kind) where f.kind = 'edge');
    datasets := array(select f.id from unnest(ids, kinds) f (id, kind) where f.kind = 'dataset');
  end loop;
end $$;

-- All that a change of something reaches along the arcs of versions that are current or have a name, nearest first, each with what it
-- was reached from and why. Stops at `most` things and `deepest` arcs, and at what the caller may not see: what lies behind that they
-- are not told of. The same for the same catalogue, whatever the plan. Of something external, `reference` says what.
create or replace function app.impact_of(start_kind text, start uuid, reference text, most integer, deepest integer)
  returns table (kind text, id uuid, name text, owner_id uuid, depth integer, via uuid, reason text, port text)
  language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  sees_pipelines constant boolean := app.may('pipeline:read', tenant);
  readable constant uuid[] := case when app.may('dataset:read', tenant)
    then array(select r.id from unnest(app.datasets_with('read')) r (id) order by r.id) else '{}' end;
begin
  if (case start_kind
      when 'block' then app.may_see_block((select b from public.blocks b where b.tenant_id = tenant and b.id = start))
      when 'edge' then app.may_see_edge((select e from public.edges e where e.tenant_id = tenant and e.id = start))
      when 'dataset' then start = any (readable)
      when 'pipeline' then exists (select from public.pipelines p where p.tenant_id = tenant and p.id = start
        and sees_pipelines and p.dataset_ids <@ readable)
      else true end) is not true then
    raise exception using errcode = 'GR404', message = format('no such %s', start_kind);
  end if;
  return query select w.* from app.walk_impact(tenant, app.may('block:read', tenant), app.may('edge:read', tenant), sees_pipelines, readable,
    start_kind, start, reference, most, deepest) w;
end $$;

revoke all on function app.walk_impact from public;
