-- What changes pipelines. Locks are taken in one order: the member, the pipeline, the run.

create function app.may_see_pipeline(pipeline public.pipelines) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.may('pipeline:read', pipeline.tenant_id)
    and (pipeline.dataset_ids = '{}' or pipeline.dataset_ids <@ app.datasets_with('read'));
end $$;

-- SQLSTATE GR404: none that the caller sees; GR403: they only see it; GR409: it was changed since they saw it.
create function app.lock_pipeline(pipeline uuid, permission text, seen integer) returns public.pipelines
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.pipelines;
begin
  select p.* into target from public.pipelines p where p.tenant_id = tenant and p.id = pipeline;
  if app.may_see_pipeline(target) is not true then
    raise exception using errcode = 'GR404', message = 'no such pipeline';
  end if;
  if not app.may(permission, tenant) then
    raise exception using errcode = 'GR403', message = format('needs the permission %s', permission);
  end if;
  select p.* into target from public.pipelines p where p.tenant_id = tenant and p.id = pipeline for update;
  if app.may_see_pipeline(target) is not true then
    raise exception using errcode = 'GR404', message = 'no such pipeline';
  end if;
  if target.revision <> seen then
    raise exception using errcode = 'GR409', message = 'the pipeline was changed meanwhile',
      detail = jsonb_build_object('revision', target.revision)::text;
  end if;
  return target;
end $$;

-- What a step's input or output names, as {"datasetId", "blockId", "port"}: a dataset, or a block of one. `port`: what its rows are
-- now; null for a dataset without any. SQLSTATE GR404: none that the caller may access so; GR400: a model, which has no rows.
create function app.pipeline_end(tenant uuid, said jsonb, access app.dataset_access, step text) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
declare
  block public.blocks;
  dataset public.datasets;
  dataset_id uuid := (said ->> 'datasetId')::uuid;
begin
  if said ->> 'blockId' is not null then
    select b.* into block from public.blocks b where b.tenant_id = tenant and b.id = (said ->> 'blockId')::uuid;
    if app.may_see_block(block) is not true then
      raise exception using errcode = 'GR404', message = 'no such block', detail = jsonb_build_object('step', step)::text;
    end if;
    if block.dataset_id is null then
      raise exception using errcode = 'GR400', message = format('step %s: the block %s is a model, which has no rows', step, block.name),
        detail = jsonb_build_object('step', step, 'blockId', block.id)::text;
    end if;
    dataset_id := block.dataset_id;
  end if;
  select d.* into dataset from public.datasets d where d.tenant_id = tenant and d.id = dataset_id;
  if dataset.id is null or not app.may_access_dataset(dataset.id, 'read') then
    raise exception using errcode = 'GR404', message = 'no such dataset', detail = jsonb_build_object('step', step)::text;
  end if;
  if not app.may_access_dataset(dataset.id, access) then
    raise exception using errcode = 'GR403', message = format('step %s: the dataset %s is not yours to write', step, dataset.name),
      detail = jsonb_build_object('step', step, 'datasetId', dataset.id)::text;
  end if;
  if cardinality(dataset.identifiers) > 0 and access = 'write' then
    raise exception using errcode = 'GR412',
      message = format('step %s: the dataset %s has identifiers, which only files are loaded with', step, dataset.name),
      detail = jsonb_build_object('step', step, 'datasetId', dataset.id)::text;
  end if;
  return jsonb_build_object('datasetId', dataset.id, 'blockId', block.id, 'name', dataset.name,
    'port', case when dataset.current_version_id is not null then app.ports_of_version(tenant, dataset.current_version_id) -> 0 end);
end $$;

create function app.require_fit(step text, port text, source jsonb, target jsonb, what text) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  wrong constant jsonb := app.misfits(source, target);
begin
  if wrong <> '[]' then
    raise exception using errcode = 'GR400',
      message = format('step %s: %s does not fit %s: column %s', step, what, port,
        (select string_agg(format('%s (%s)', w ->> 'column', w ->> 'reason'), ', ') from jsonb_array_elements(wrong) w)),
      detail = jsonb_build_object('step', step, 'port', port, 'misfits', wrong)::text;
  end if;
end $$;

-- The columns that the declared parameters are, for a port that is called parameters.
create function app.port_of_parameters(parameters jsonb) returns jsonb
  language plpgsql immutable set search_path = '' as $$
begin
  return jsonb_build_object('name', 'parameters', 'columns', coalesce((
    select jsonb_agg(jsonb_build_object('name', p ->> 'name', 'nullable', false,
      'type', case p ->> 'type' when 'number' then 'double precision' when 'boolean' then 'boolean' when 'date' then 'date' else 'text' end))
    from jsonb_array_elements(parameters) p), '[]'));
end $$;

-- Every step, with its edge's version and ends resolved, as a list of {"name", "edge", "version", "target", "inputs": [{"port", "end"}]}.
-- SQLSTATE GR404 and GR400 (detail: which step and port).
create function app.resolve_steps(tenant uuid, steps jsonb, parameters jsonb) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
declare
  step jsonb;
  step_name text;
  edge public.edges;
  version public.edge_versions;
  edge_port jsonb;
  said jsonb;
  target jsonb;
  inputs jsonb;
  resolved jsonb := '[]';
begin
  for step in select s from jsonb_array_elements(steps) s loop
    step_name := step ->> 'name';
    select e.* into edge from public.edges e where e.tenant_id = tenant and e.id = (step ->> 'edgeId')::uuid;
    if app.may_see_edge(edge) is not true then
      raise exception using errcode = 'GR404', message = 'no such edge', detail = jsonb_build_object('step', step_name)::text;
    end if;
    select v.* into version from public.edge_versions v where v.tenant_id = tenant and v.edge_id = edge.id
      and case when step ->> 'version' is null then v.id = edge.current_version_id else v.number = (step ->> 'version')::integer end;
    if version.id is null or not version.is_active then
      raise exception using errcode = 'GR400', message = format('step %s: the edge %s has no such version that may be used', step_name, edge.name),
        detail = jsonb_build_object('step', step_name, 'edgeId', edge.id)::text;
    end if;
    if jsonb_array_length(version.outputs) <> 1 then
      raise exception using errcode = 'GR400', message = format('step %s: the edge %s has several outputs', step_name, edge.name),
        detail = jsonb_build_object('step', step_name)::text;
    end if;
    if exists (select from jsonb_object_keys(coalesce(step -> 'inputs', '{}')) k where app.port_named(version.inputs, k) is null) then
      raise exception using errcode = 'GR400', message = format('step %s: the edge %s has no such input', step_name, edge.name),
        detail = jsonb_build_object('step', step_name, 'reason', 'no port', 'inputs', step -> 'inputs')::text;
    end if;
    inputs := '[]';
    for edge_port in select p from jsonb_array_elements(version.inputs) p loop
      said := coalesce(step -> 'inputs' -> (edge_port ->> 'name'), (
        select jsonb_build_object('blockId', b.block_id) from public.edge_bindings b where b.tenant_id = tenant
          and b.edge_version_id = version.id and b.direction = 'input' and b.port = edge_port ->> 'name'));
      if said is not null then
        inputs := inputs || jsonb_build_object('port', edge_port, 'end', app.pipeline_end(tenant, said, 'read', step_name));
      elsif edge_port ->> 'name' = 'parameters' then
        perform app.require_fit(step_name, 'parameters', app.port_of_parameters(parameters), edge_port, 'what the pipeline declares');
        inputs := inputs || jsonb_build_object('port', edge_port, 'end', null);
      else
        raise exception using errcode = 'GR400', message = format('step %s: nothing is joined to the input %s', step_name, edge_port ->> 'name'),
          detail = jsonb_build_object('step', step_name, 'port', edge_port ->> 'name', 'reason', 'dangling')::text;
      end if;
    end loop;
    said := coalesce(step -> 'output', (
      select jsonb_build_object('blockId', min(b.block_id::text)) from public.edge_bindings b where b.tenant_id = tenant
        and b.edge_version_id = version.id and b.direction = 'output' having count(*) = 1));
    if said is null then
      raise exception using errcode = 'GR400',
        message = format('step %s: nothing is joined to the output %s', step_name, version.outputs -> 0 ->> 'name'),
        detail = jsonb_build_object('step', step_name, 'port', version.outputs -> 0 ->> 'name', 'reason', 'dangling')::text;
    end if;
    target := app.pipeline_end(tenant, said, 'write', step_name);
    if target ->> 'blockId' is not null and target -> 'port' <> 'null' then
      perform app.require_fit(step_name, target ->> 'name', version.outputs -> 0, target -> 'port', 'the output');
    end if;
    resolved := resolved || jsonb_build_object('name', step_name, 'edgeId', edge.id, 'versionId', version.id, 'output', version.outputs -> 0,
      'target', target, 'inputs', inputs, 'retries', coalesce(step -> 'retries', '0'), 'seconds', coalesce(step -> 'seconds', '600'));
  end loop;
  return resolved;
end $$;

-- The steps in an order in which each comes after those that it reads from, with "dependsOn". SQLSTATE GR400: a dataset is written
-- twice, rows do not fit, or there is a cycle (detail: its steps).
create function app.order_steps(steps jsonb) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
declare
  step jsonb;
  input jsonb;
  maker jsonb;
  needs text[];
  known text[] := '{}';
  ordered jsonb := '[]';
  waiting jsonb := '[]';
  rest jsonb;
  path text[];
  next text;
begin
  for step in select s from jsonb_array_elements(steps) s loop
    if (select count(*) from jsonb_array_elements(steps) s where s -> 'target' ->> 'datasetId' = step -> 'target' ->> 'datasetId') > 1 then
      raise exception using errcode = 'GR400', message = format('two steps write the dataset %s', step -> 'target' ->> 'name'),
        detail = jsonb_build_object('steps', (select jsonb_agg(s -> 'name') from jsonb_array_elements(steps) s
          where s -> 'target' ->> 'datasetId' = step -> 'target' ->> 'datasetId'))::text;
    end if;
    needs := '{}';
    for input in select i from jsonb_array_elements(step -> 'inputs') i where i -> 'end' <> 'null' loop
      select s into maker from jsonb_array_elements(steps) s where s -> 'target' ->> 'datasetId' = input -> 'end' ->> 'datasetId';
      if maker is not null then
        needs := needs || (maker ->> 'name');
        perform app.require_fit(step ->> 'name', input -> 'port' ->> 'name', maker -> 'output', input -> 'port',
          format('what step %s makes', maker ->> 'name'));
      elsif input -> 'end' -> 'port' = 'null' then
        raise exception using errcode = 'GR400',
          message = format('step %s: the dataset %s has no rows, and no step makes any', step ->> 'name', input -> 'end' ->> 'name'),
          detail = jsonb_build_object('step', step -> 'name', 'port', input -> 'port' -> 'name', 'reason', 'dangling')::text;
      else
        perform app.require_fit(step ->> 'name', input -> 'port' ->> 'name', input -> 'end' -> 'port', input -> 'port',
          format('the dataset %s', input -> 'end' ->> 'name'));
      end if;
    end loop;
    waiting := waiting || (step || jsonb_build_object('dependsOn', (select coalesce(jsonb_agg(distinct n), '[]') from unnest(needs) n)));
  end loop;
  while jsonb_array_length(waiting) > 0 loop
    rest := '[]';
    for step in select s from jsonb_array_elements(waiting) s loop
      if array(select jsonb_array_elements_text(step -> 'dependsOn')) <@ known then
        ordered := ordered || step;
        known := known || (step ->> 'name');
      else
        rest := rest || step;
      end if;
    end loop;
    if jsonb_array_length(rest) = jsonb_array_length(waiting) then
      -- back from any of them until one comes again
      next := rest -> 0 ->> 'name';
      path := '{}';
      while next <> all (path) loop
        path := path || next;
        select d into next from jsonb_array_elements(rest) s, jsonb_array_elements_text(s -> 'dependsOn') d
          where s ->> 'name' = path[cardinality(path)] and d <> all (known) limit 1;
      end loop;
      path := path[array_position(path, next):];
      path := array(select p from unnest(path) with ordinality u (p, o) order by o desc);
      path := path || path[1];
      raise exception using errcode = 'GR400', message = format('the steps are in a cycle: %s', array_to_string(path, ' → ')),
        detail = jsonb_build_object('reason', 'cycle', 'cycle', to_jsonb(path))::text;
    end if;
    waiting := rest;
  end loop;
  return ordered;
end $$;

-- The next version of a locked pipeline, made current.
create function app.put_pipeline_version(locked public.pipelines, steps jsonb, parameters jsonb) returns public.pipelines
  language plpgsql volatile security definer set search_path = '' as $$
declare
  ordered constant jsonb := app.order_steps(app.resolve_steps(locked.tenant_id, steps, parameters));
  content_digest text;
  made uuid;
  touched uuid[];
begin
  content_digest := encode(sha256(convert_to(jsonb_build_object('parameters', parameters, 'steps', (
    select jsonb_agg(jsonb_build_object('name', s -> 'name', 'edge', s -> 'versionId', 'target', s -> 'target' -> 'datasetId',
      'block', s -> 'target' -> 'blockId', 'retries', s -> 'retries', 'seconds', s -> 'seconds', 'inputs', (
        select jsonb_object_agg(i -> 'port' ->> 'name', jsonb_build_array(i -> 'end' -> 'datasetId', i -> 'end' -> 'blockId'))
        from jsonb_array_elements(s -> 'inputs') i))) from jsonb_array_elements(ordered) s))::text, 'UTF8')), 'hex');
  if exists (select from public.pipeline_versions v where v.tenant_id = locked.tenant_id and v.id = locked.current_version_id
      and v.digest = content_digest) then
    return locked;
  end if;
  insert into public.pipeline_versions (tenant_id, pipeline_id, number, parameters, digest, created_by)
    select locked.tenant_id, locked.id, coalesce(max(v.number), 0) + 1, put_pipeline_version.parameters, content_digest, app.user_id()
    from public.pipeline_versions v where v.tenant_id = locked.tenant_id and v.pipeline_id = locked.id returning id into made;
  insert into public.pipeline_steps (tenant_id, pipeline_id, version_id, name, position, edge_id, edge_version_id, target_dataset_id,
      target_block_id, depends_on, retries, seconds)
    select locked.tenant_id, locked.id, made, s ->> 'name', o, (s ->> 'edgeId')::uuid, (s ->> 'versionId')::uuid,
      (s -> 'target' ->> 'datasetId')::uuid, (s -> 'target' ->> 'blockId')::uuid,
      array(select jsonb_array_elements_text(s -> 'dependsOn')), (s ->> 'retries')::integer, (s ->> 'seconds')::integer
    from jsonb_array_elements(ordered) with ordinality listed (s, o);
  insert into public.pipeline_edges (tenant_id, pipeline_id, version_id, step, port, edge_id, source_dataset_id, source_block_id, target_block_id)
    select locked.tenant_id, locked.id, made, s ->> 'name', i -> 'port' ->> 'name', (s ->> 'edgeId')::uuid,
      (i -> 'end' ->> 'datasetId')::uuid, (i -> 'end' ->> 'blockId')::uuid, (s -> 'target' ->> 'blockId')::uuid
    from jsonb_array_elements(ordered) s, jsonb_array_elements(s -> 'inputs') i;
  insert into public.pipeline_blocks (tenant_id, pipeline_id, version_id, block_id)
    select distinct locked.tenant_id, locked.id, made, b from (
      select e.source_block_id as b from public.pipeline_edges e where e.tenant_id = locked.tenant_id and e.version_id = made
      union select e.target_block_id from public.pipeline_steps e where e.tenant_id = locked.tenant_id and e.version_id = made) blocks
    where b is not null;
  touched := array(select distinct t from (
      select unnest(locked.dataset_ids) as t
      union select s.target_dataset_id from public.pipeline_steps s where s.tenant_id = locked.tenant_id and s.version_id = made
      union select e.source_dataset_id from public.pipeline_edges e where e.tenant_id = locked.tenant_id and e.version_id = made) all_of_them
    where t is not null order by t);
  -- or whoever writes pipelines could take one out of its owner's sight
  if locked.owner_id <> app.user_id() and exists (
    select from public.datasets d where d.tenant_id = locked.tenant_id and d.id = any (touched) and d.id <> all (locked.dataset_ids)
      and not app.reaches_dataset(locked.owner_id, d.tenant_id, d.id, d.owner_id, 'read')) then
    raise exception using errcode = 'GR412', message = 'the owner of the pipeline may not read a dataset that it would use';
  end if;
  update public.pipelines p set current_version_id = made, dataset_ids = touched, revision = p.revision + 1, updated_at = now()
    where p.tenant_id = locked.tenant_id and p.id = locked.id returning * into locked;
  return locked;
end $$;

create function app.create_pipeline(name text, description text, steps jsonb, parameters jsonb, dagster jsonb, most_runs integer,
    timeout_seconds integer) returns public.pipelines
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  created public.pipelines;
begin
  if app.may('pipeline:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission pipeline:write';
  end if;
  perform app.hold_member(tenant, app.user_id());
  insert into public.pipelines (tenant_id, name, description, owner_id, dagster_pipeline_config, most_runs_at_once, timeout_seconds, revision)
    values (tenant, create_pipeline.name, create_pipeline.description, app.user_id(), dagster, most_runs, create_pipeline.timeout_seconds, 0)
    returning * into created;
  return app.put_pipeline_version(created, steps, parameters);
end $$;

create function app.add_pipeline_version(pipeline uuid, seen integer, steps jsonb, parameters jsonb) returns public.pipelines
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  return app.put_pipeline_version(app.lock_pipeline(pipeline, 'pipeline:write', seen), steps, parameters);
end $$;

-- `changes`: what is to be otherwise of name, description, dagsterPipelineConfig, mostRunsAtOnce and timeoutSeconds.
create function app.update_pipeline(pipeline uuid, seen integer, changes jsonb) returns public.pipelines
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.pipelines := app.lock_pipeline(pipeline, 'pipeline:write', seen);
begin
  update public.pipelines p set
      name = coalesce(changes ->> 'name', target.name), description = coalesce(changes ->> 'description', target.description),
      dagster_pipeline_config = case when changes ? 'dagsterPipelineConfig' then nullif(changes -> 'dagsterPipelineConfig', 'null')
        else target.dagster_pipeline_config end,
      most_runs_at_once = coalesce((changes ->> 'mostRunsAtOnce')::integer, target.most_runs_at_once),
      timeout_seconds = coalesce((changes ->> 'timeoutSeconds')::integer, target.timeout_seconds),
      revision = p.revision + 1, updated_at = now()
    where p.tenant_id = target.tenant_id and p.id = target.id returning * into target;
  return target;
end $$;

-- With null for cron: no schedule any more. Runs are launched as who sets it, who has to be able to launch one.
create function app.schedule_pipeline(pipeline uuid, seen integer, cron text, time_zone text, next timestamptz) returns public.pipelines
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.pipelines;
begin
  perform app.hold_member(tenant, app.user_id());
  target := app.lock_pipeline(pipeline, 'pipeline:write', seen);
  if cron is not null and not app.may('pipeline:run', tenant) then
    raise exception using errcode = 'GR403', message = 'needs the permission pipeline:run';
  end if;
  update public.pipelines p set cron = schedule_pipeline.cron, time_zone = schedule_pipeline.time_zone,
      scheduled_by = case when schedule_pipeline.cron is not null then app.user_id() end,
      next_run_at = case when schedule_pipeline.cron is not null then next end, schedule_error = null,
      revision = p.revision + 1, updated_at = now()
    where p.tenant_id = target.tenant_id and p.id = target.id returning * into target;
  return target;
end $$;

-- With its versions and runs; what they made stays. SQLSTATE GR412: a run goes on.
create function app.delete_pipeline(pipeline uuid, seen integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.pipelines := app.lock_pipeline(pipeline, 'pipeline:delete', seen);
begin
  if exists (select from public.pipeline_runs r where r.tenant_id = target.tenant_id and r.pipeline_id = target.id
      and r.state in ('queued', 'running')) then
    raise exception using errcode = 'GR412', message = 'a run of the pipeline goes on: cancel it first';
  end if;
  delete from public.pipelines p where p.tenant_id = target.tenant_id and p.id = target.id;
end $$;

-- As before, and what pipelines use.
create or replace function app.references_to_block(block public.blocks) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
begin
  return nullif(jsonb_strip_nulls(jsonb_build_object(
    'pipelines', (select nullif(count(distinct j.pipeline_id), 0) from public.pipeline_blocks j
      where j.tenant_id = block.tenant_id and j.block_id = block.id),
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
    'pipelines', (select nullif(count(distinct j.pipeline_id), 0) from public.pipeline_steps j
      where j.tenant_id = edge.tenant_id and j.edge_id = edge.id),
    'versions of datasets', (select nullif(count(distinct l.version_id), 0) from public.dataset_version_lineage l
      where l.tenant_id = edge.tenant_id and l.edge_id = edge.id),
    'aliases', (select jsonb_agg(a.name order by a.name) from public.edge_aliases a
      where a.tenant_id = edge.tenant_id and a.edge_id = edge.id),
    'dependents', (select nullif(count(*), 0) from public.dependencies d
      where d.tenant_id = edge.tenant_id and d.target_edge_id = edge.id))), '{}');
end $$;

-- As before, and not while pipelines read or write it.
create or replace function app.delete_dataset(dataset uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  blocks jsonb;
  pipelines bigint;
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
  select count(*) into pipelines from public.pipelines p join public.datasets d on d.tenant_id = p.tenant_id
    where d.id = dataset and d.id = any (p.dataset_ids);
  if pipelines > 0 then
    raise exception using errcode = 'GR412', message = format('%s pipelines use the dataset: delete them first', pipelines),
      detail = jsonb_build_object('pipelines', pipelines)::text;
  end if;
  update public.datasets set current_version_id = null where id = dataset;
  delete from public.datasets where id = dataset;
end $$;

-- Pipelines of who leaves are nobody's until somebody takes them, and their schedules end.
create function app.let_go_of_pipelines() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.pipelines p set owner_id = nullif(p.owner_id, new.user_id),
      cron = case when p.scheduled_by = new.user_id then null else p.cron end,
      time_zone = case when p.scheduled_by = new.user_id then null else p.time_zone end,
      next_run_at = case when p.scheduled_by = new.user_id then null else p.next_run_at end,
      scheduled_by = nullif(p.scheduled_by, new.user_id), revision = p.revision + 1, updated_at = now()
    where p.tenant_id = new.tenant_id and new.user_id in (p.owner_id, p.scheduled_by);
  return null;
end $$;
create trigger let_go_of_pipelines after update of left_at on public.memberships for each row
  when (old.left_at is null and new.left_at is not null) execute function app.let_go_of_pipelines();

revoke all on function app.may_see_pipeline, app.lock_pipeline, app.pipeline_end, app.require_fit, app.port_of_parameters,
  app.resolve_steps, app.order_steps, app.put_pipeline_version, app.create_pipeline, app.add_pipeline_version, app.update_pipeline,
  app.schedule_pipeline, app.delete_pipeline, app.let_go_of_pipelines from public;
grant execute on function app.create_pipeline, app.add_pipeline_version, app.update_pipeline, app.schedule_pipeline, app.delete_pipeline
  to granary_member;
