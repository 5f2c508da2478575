-- How runs get on. Whoever changes the state of a run or its steps holds the run's row; the pipeline's row is locked before it, or
-- not at all, and never by who holds a dataset's (publishing does, and settles its step in the same transaction).

-- As app.enqueue, for work that goes on as who asked for it when nobody is calling. For definer functions alone.
create function app.enqueue_for(queue text, tenant uuid, person uuid, input jsonb, after interval default '0') returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into jobs.job (name, data, group_id, policy, dead_letter, expire_seconds, deletion_seconds, start_after,
      keep_until, retry_limit, retry_delay, retry_backoff, retry_delay_max, heartbeat_seconds)
    select q.name, jsonb_build_object('tenantId', tenant, 'userId', person, 'input', input), tenant, q.policy,
      q.dead_letter, q.expire_seconds, q.deletion_seconds, now() + after, now() + after + q.retention_seconds * interval '1s',
      q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.heartbeat_seconds
    from jobs.queue q where q.name = queue;
  if not found then
    raise undefined_object using message = format('no queue %L', queue);
  end if;
end $$;

-- Of a run whose row is locked.
create function app.note_step(step public.run_steps, level text, message text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.run_logs (tenant_id, pipeline_id, run_id, step, number, level, message)
    select step.tenant_id, step.pipeline_id, step.run_id, step.name, coalesce(max(l.number), 0) + 1, note_step.level, left(note_step.message, 2000)
    from public.run_logs l where l.tenant_id = step.tenant_id and l.run_id = step.run_id;
end $$;

create function app.queue_step(run public.pipeline_runs, step text, after interval) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.run_steps s set state = 'queued', queued_at = clock_timestamp()
    where s.tenant_id = run.tenant_id and s.run_id = run.id and s.name = step;
  perform app.enqueue_for('run.step', run.tenant_id, run.requested_by, jsonb_build_object('runId', run.id, 'step', step), after);
end $$;

-- What a running, locked run does next: queues the steps that can begin, or ends. A failed step lets those that go on end, and
-- what needed it is skipped.
create function app.advance_run(locked public.pipeline_runs) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  ready text;
  failed public.run_steps;
begin
  if locked.state <> 'running' then
    return;
  end if;
  select s.* into failed from public.run_steps s
    where s.tenant_id = locked.tenant_id and s.run_id = locked.id and s.state = 'failed' order by s.position limit 1;
  if failed.name is null then
    for ready in
      select s.name from public.run_steps s where s.tenant_id = locked.tenant_id and s.run_id = locked.id and s.state = 'pending'
        and not exists (select from public.run_steps d where d.tenant_id = s.tenant_id and d.run_id = s.run_id
          and d.name = any (s.depends_on) and d.state <> 'succeeded')
      order by s.position
    loop
      perform app.queue_step(locked, ready, '0');
    end loop;
  end if;
  if exists (select from public.run_steps s
      where s.tenant_id = locked.tenant_id and s.run_id = locked.id and s.state in ('queued', 'running')) then
    return;
  end if;
  update public.run_steps s set state = 'skipped', ended_at = clock_timestamp()
    where s.tenant_id = locked.tenant_id and s.run_id = locked.id and s.state = 'pending';
  update public.pipeline_runs r set state = case when failed.name is null then 'succeeded' else 'failed' end, finished_at = clock_timestamp(),
      error = case when failed.name is not null then failed.error || jsonb_build_object('step', failed.name) end
    where r.tenant_id = locked.tenant_id and r.id = locked.id;
end $$;

-- Starts waiting runs of a pipeline as far as it allows, the oldest first. Locks the pipeline.
create function app.start_waiting_runs(tenant uuid, pipeline uuid) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most integer;
  waiting public.pipeline_runs;
  started integer := 0;
begin
  select p.most_runs_at_once into most from public.pipelines p where p.tenant_id = tenant and p.id = pipeline for update;
  most := most - (select count(*) from public.pipeline_runs r where r.tenant_id = tenant and r.pipeline_id = pipeline and r.state = 'running');
  while started < most loop
    select r.* into waiting from public.pipeline_runs r
      where r.tenant_id = tenant and r.pipeline_id = pipeline and r.state = 'queued' order by r.created_at, r.id limit 1 for update;
    exit when not found;
    update public.pipeline_runs r set state = 'running', started_at = coalesce(r.started_at, clock_timestamp())
      where r.tenant_id = tenant and r.id = waiting.id returning * into waiting;
    perform app.advance_run(waiting);
    started := started + 1;
  end loop;
  return started;
end $$;

-- What a run is given, by what its version declares. SQLSTATE GR400.
create function app.parameters_of_run(declared jsonb, given jsonb) returns jsonb
  language plpgsql immutable set search_path = '' as $$
declare
  parameter jsonb;
  value jsonb;
  result jsonb := '{}';
begin
  if exists (select from jsonb_object_keys(given) k where not exists (
      select from jsonb_array_elements(declared) p where p ->> 'name' = k)) then
    raise exception using errcode = 'GR400', message = format('the pipeline has no parameter %s', (
      select min(k) from jsonb_object_keys(given) k where not exists (select from jsonb_array_elements(declared) p where p ->> 'name' = k)));
  end if;
  for parameter in select p from jsonb_array_elements(declared) p loop
    value := coalesce(given -> (parameter ->> 'name'), parameter -> 'default');
    if value is null or jsonb_typeof(value) <> (case parameter ->> 'type' when 'number' then 'number' when 'boolean' then 'boolean' else 'string' end) then
      raise exception using errcode = 'GR400', message = format('the parameter %s is a %s', parameter ->> 'name', parameter ->> 'type'),
        detail = jsonb_build_object('parameter', parameter -> 'name')::text;
    end if;
    if parameter ->> 'type' = 'date' and (value #>> '{}') !~ '^\d{4}-\d{2}-\d{2}$' then
      raise exception using errcode = 'GR400', message = format('the parameter %s is a date: 2027-01-31', parameter ->> 'name'),
        detail = jsonb_build_object('parameter', parameter -> 'name')::text;
    end if;
    result := result || jsonb_build_object(parameter ->> 'name', value);
  end loop;
  return result;
end $$;

-- What carries out steps of edges of a kind (apps/worker/src/runs/engine.ts); null where nothing does. Another engine gets its line.
-- A worker that runs containers holds a lock for as long as it lives (apps/worker/src/containers/offer-containers.ts).
create function app.engine_of(kind text) returns text
  language plpgsql stable security definer set search_path = '' as $$
declare
  offer constant bigint := hashtextextended('granary: runs containers', 0);
begin
  if kind = 'sql' then
    return 'embedded';
  end if;
  if kind = 'container' and exists (
      select from pg_catalog.pg_locks l join pg_catalog.pg_database d on d.oid = l.database
      where l.locktype = 'advisory' and l.mode = 'ShareLock' and l.granted and d.datname = current_database()
        and l.classid::bigint = (offer >> 32) & 4294967295 and l.objid::bigint = offer & 4294967295) then
    return 'embedded';
  end if;
  return null;
end $$;

-- SQLSTATE GR412: nothing here carries the edge out (detail: what is missing).
create function app.require_engine(step text, version public.edge_versions, pipeline public.pipelines) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  missing constant text[] := case version.kind when 'container' then '{engine}' else
    case when pipeline.dagster_pipeline_config is null then '{engine,dagsterPipelineConfig}' else '{engine}' end end;
begin
  if app.engine_of(version.kind) is null then
    raise exception using errcode = 'GR412',
      message = format('step %s: ', step) || case version.kind
        when 'container' then format('its edge is the image %s, and no worker runs containers (GRANARY_CONTAINERS)', version.image)
        else format('its edge is the op %s of Dagster, and no engine of Dagster is connected%s', version.dagster_op,
          case when 'dagsterPipelineConfig' = any (missing) then ', nor has the pipeline a dagsterPipelineConfig' else '' end) end,
      detail = jsonb_build_object('reason', 'no engine', 'step', step, 'edgeId', version.edge_id, 'kind', version.kind,
        'missing', to_jsonb(missing))::text;
  end if;
end $$;

-- A run of the pipeline's current version: its inputs are the versions that are current now. The same key gives the same run.
-- SQLSTATE GR404, GR403 (a dataset that may not be written any more); GR409: the key was used with other parameters; GR412: an edge
-- was not verified, nothing here runs its kind, or a dataset does not fit any more (detail: the step); GR429: the plan. `is_new`: whether
-- this call launched it.
create function app.launch_run(pipeline uuid, launch_key text, given jsonb, launched_by text, out run_id uuid, out is_new boolean)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.pipelines;
  version public.pipeline_versions;
  run public.pipeline_runs;
  step public.pipeline_steps;
  edge_version public.edge_versions;
  arc record;
  inputs jsonb;
  made_by text;
  wrong jsonb;
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  target := app.lock_pipeline(pipeline, 'pipeline:run', null);
  select v.* into version from public.pipeline_versions v where v.tenant_id = target.tenant_id and v.id = target.current_version_id;
  select r.* into run from public.pipeline_runs r
    where r.tenant_id = target.tenant_id and r.pipeline_id = target.id and r.launch_key = launch_run.launch_key;
  if run.id is not null then
    if run.requested_by <> app.user_id() or not run.parameters @> given then
      raise exception using errcode = 'GR409', message = 'the key was used for another run', detail = jsonb_build_object('runId', run.id)::text;
    end if;
    run_id := run.id;
    is_new := false;
    return;
  end if;
  insert into public.pipeline_runs (tenant_id, pipeline_id, version_id, trigger, launch_key, parameters, requested_by, dataset_ids, timeout_seconds)
    values (target.tenant_id, target.id, version.id, launched_by, launch_run.launch_key, app.parameters_of_run(version.parameters, given),
      app.user_id(), target.dataset_ids, target.timeout_seconds)
    returning * into run;
  for step in select s.* from public.pipeline_steps s
      where s.tenant_id = target.tenant_id and s.version_id = version.id order by s.position loop
    select v.* into edge_version from public.edge_versions v where v.tenant_id = target.tenant_id and v.id = step.edge_version_id;
    perform app.require_engine(step.name, edge_version, target);
    if not app.may_access_dataset(step.target_dataset_id, 'write') then
      raise exception using errcode = 'GR403', message = format('step %s: its dataset is not yours to write', step.name),
        detail = jsonb_build_object('step', step.name)::text;
    end if;
    if step.target_block_id is not null and not app.may('block:write', target.tenant_id) then
      raise exception using errcode = 'GR403', message = format('step %s: it makes versions of a block, which needs the permission block:write', step.name),
        detail = jsonb_build_object('step', step.name)::text;
    end if;
    inputs := '[]';
    for arc in
      select e.port, e.source_dataset_id as dataset, d.current_version_id as current from public.pipeline_edges e
        left join public.datasets d on d.tenant_id = e.tenant_id and d.id = e.source_dataset_id
        where e.tenant_id = target.tenant_id and e.version_id = version.id and e.step = step.name order by e.port
    loop
      select s.name into made_by from public.pipeline_steps s where s.tenant_id = target.tenant_id and s.version_id = version.id
        and s.target_dataset_id = arc.dataset;
      if arc.dataset is not null and made_by is null then
        wrong := case when arc.current is null then '[]'
          else app.misfits(app.ports_of_version(target.tenant_id, arc.current) -> 0, app.port_named(edge_version.inputs, arc.port)) end;
        if arc.current is null or wrong <> '[]' then
          raise exception using errcode = 'GR412', message = format('step %s: the dataset does not fit the input %s any more', step.name, arc.port),
            detail = jsonb_build_object('step', step.name, 'port', arc.port, 'misfits', wrong)::text;
        end if;
      end if;
      inputs := inputs || jsonb_build_object('port', arc.port, 'datasetId', arc.dataset, 'step', made_by,
        'versionId', case when made_by is null then arc.current end);
    end loop;
    insert into public.run_steps (tenant_id, pipeline_id, run_id, name, position, edge_id, edge_version_id, depends_on, inputs,
        target_dataset_id, retries, seconds)
      values (target.tenant_id, target.id, run.id, step.name, step.position, step.edge_id, step.edge_version_id, step.depends_on, inputs,
        step.target_dataset_id, step.retries, step.seconds);
  end loop;
  perform app.start_waiting_runs(target.tenant_id, target.id);
  run_id := run.id;
  is_new := true;
end $$;

-- A run that the caller may see and change, locked. SQLSTATE GR404, GR403.
create function app.lock_run(run uuid) returns public.pipeline_runs
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.pipeline_runs;
begin
  select r.* into target from public.pipeline_runs r where r.tenant_id = tenant and r.id = run for update;
  if target.id is null or not app.may('pipeline:read', tenant) or not target.dataset_ids <@ app.datasets_with('read') then
    raise exception using errcode = 'GR404', message = 'no such run';
  end if;
  if not app.may('pipeline:run', tenant) then
    raise exception using errcode = 'GR403', message = 'needs the permission pipeline:run';
  end if;
  return target;
end $$;

-- The versions that a run's steps are making, locked before the run, as by who publishes one of them.
create function app.hold_outputs(run uuid, step text default null) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.dataset_versions v join public.run_steps s on s.tenant_id = v.tenant_id and s.output_version_id = v.id
    where s.run_id = hold_outputs.run and s.name = coalesce(hold_outputs.step, s.name) and s.state in ('queued', 'running')
      and v.state = 'loading'
    order by v.id for update of v;
end $$;

-- Nobody will fill the version of a step that has ended otherwise than well.
create function app.fail_output(step public.run_steps, error jsonb) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.dataset_loads l set state = 'failed', phase = 'failed', error = fail_output.error, finished_at = now(), updated_at = now()
    from public.dataset_versions v where v.tenant_id = step.tenant_id and v.id = step.output_version_id and v.state = 'loading'
      and l.tenant_id = v.tenant_id and l.version_id = v.id;
  update public.dataset_versions v set state = 'failed'
    where v.tenant_id = step.tenant_id and v.id = step.output_version_id and v.state = 'loading';
end $$;

create function app.end_steps(run public.pipeline_runs, error jsonb) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  ended public.run_steps;
begin
  for ended in
    update public.run_steps s set state = 'cancelled', ended_at = now()
      where s.tenant_id = run.tenant_id and s.run_id = run.id and s.state in ('pending', 'queued', 'running') returning s.*
  loop
    perform app.fail_output(ended, error);
  end loop;
end $$;

-- Nothing of it is published after this. SQLSTATE GR412: it has ended.
create function app.cancel_run(run uuid) returns public.pipeline_runs
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.pipeline_runs;
begin
  perform app.hold_outputs(run);
  target := app.lock_run(run);
  if target.state not in ('queued', 'running') then
    raise exception using errcode = 'GR412', message = format('the run has ended: it %s', replace(target.state, 'cancelled', 'was cancelled'));
  end if;
  perform app.end_steps(target, '{"kind": "precondition", "message": "the run was cancelled"}');
  update public.pipeline_runs r set state = 'cancelled', finished_at = now()
    where r.tenant_id = target.tenant_id and r.id = target.id returning * into target;
  return target;
end $$;

-- Goes on with what failed, was cancelled or skipped; what succeeded stays, and is read again. As whom it was launched: only they
-- resume it. SQLSTATE GR412: it has not failed.
create function app.resume_run(run uuid) returns public.pipeline_runs
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.pipeline_runs;
  pipeline uuid;
  edge_version uuid;
begin
  select r.pipeline_id into pipeline from public.pipeline_runs r where r.tenant_id = (app.claims() ->> 'tenant_id')::uuid and r.id = run;
  perform from public.pipelines p where p.tenant_id = (app.claims() ->> 'tenant_id')::uuid and p.id = pipeline for update;
  target := app.lock_run(run);
  if target.requested_by <> app.user_id() then
    raise exception using errcode = 'GR403', message = 'a run goes on with the rights of who launched it: launch one of your own';
  end if;
  if target.state not in ('failed', 'cancelled') then
    raise exception using errcode = 'GR412', message = format('the run is %s: only what failed or was cancelled goes on', target.state);
  end if;
  for edge_version in select s.edge_version_id from public.run_steps s
      where s.tenant_id = target.tenant_id and s.run_id = target.id and s.state <> 'succeeded' loop
    perform app.require_verified(edge_version);
  end loop;
  update public.run_steps s set state = 'pending', error = null, ended_at = null, tries = 0
    where s.tenant_id = target.tenant_id and s.run_id = target.id and s.state <> 'succeeded';
  update public.pipeline_runs r set state = 'queued', error = null, finished_at = null, started_at = null, resumes = r.resumes + 1
    where r.tenant_id = target.tenant_id and r.id = target.id;
  perform app.start_waiting_runs(target.tenant_id, target.pipeline_id);
  select r.* into target from public.pipeline_runs r where r.tenant_id = target.tenant_id and r.id = run;
  return target;
end $$;

create function app.implementation_of(version public.edge_versions) returns jsonb
  language plpgsql immutable set search_path = '' as $$
begin
  return case version.kind
    when 'sql' then jsonb_build_object('kind', 'sql', 'sql', version.sql)
    when 'container' then jsonb_build_object('kind', 'container', 'image', version.image, 'command', to_jsonb(coalesce(version.command, '{}')))
    else jsonb_build_object('kind', 'dagster', 'dagsterOp', version.dagster_op) end;
end $$;

-- For the worker. Begins a step that is queued, or goes on with one whose worker died; from here on nobody who began it before may
-- end it. As whoever asked for the run, who has to be able to write its dataset still. Null where there is nothing to do: it has
-- ended, was cancelled, or the run is over. The version that the step makes is there once, and taken up again.
create function app.begin_step(run uuid, step text) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  running public.pipeline_runs;
  target public.run_steps;
  edge_version public.edge_versions;
  output public.dataset_versions;
  resolved jsonb;
begin
  select s.* into target from public.run_steps s where s.tenant_id = tenant and s.run_id = begin_step.run and s.name = begin_step.step;
  if target.name is null then
    return null;
  end if;
  -- the dataset before the run: who publishes takes them in that order
  perform from public.datasets d where d.tenant_id = tenant and d.id = target.target_dataset_id for update;
  select r.* into running from public.pipeline_runs r where r.tenant_id = tenant and r.id = begin_step.run for update;
  select s.* into target from public.run_steps s where s.tenant_id = tenant and s.run_id = begin_step.run and s.name = begin_step.step;
  if running.state <> 'running' or target.state not in ('queued', 'running') or running.requested_by <> app.user_id() then
    return null;
  end if;
  if not app.may('pipeline:run', tenant) or not app.may_access_dataset(target.target_dataset_id, 'write') then
    raise exception using errcode = 'GR403', message = 'who launched the run may not write its dataset any more';
  end if;
  perform app.require_verified(target.edge_version_id);
  select v.* into output from public.dataset_versions v where v.tenant_id = tenant and v.id = target.output_version_id;
  if output.id is null or output.state <> 'loading' then
    insert into public.dataset_versions (tenant_id, dataset_id, number, original_bytes, original_name, created_by)
      select tenant, target.target_dataset_id, coalesce(max(v.number), 0) + 1, 0, format('run %s, step %s', running.id, target.name), app.user_id()
      from public.dataset_versions v where v.tenant_id = tenant and v.dataset_id = target.target_dataset_id
      returning * into output;
    insert into public.dataset_loads (tenant_id, dataset_id, version_id, state, phase, started_at)
      values (tenant, target.target_dataset_id, output.id, 'running', 'computing', now());
  end if;
  select coalesce(jsonb_agg(case when i ->> 'step' is null then i else jsonb_set(i, '{versionId}', to_jsonb(d.output_version_id)) end
      order by i ->> 'port'), '[]') into resolved
    from jsonb_array_elements(target.inputs) i
    left join public.run_steps d on d.tenant_id = tenant and d.run_id = target.run_id and d.name = i ->> 'step';
  update public.run_steps s set state = 'running', attempt = s.attempt + 1, tries = s.tries + 1, output_version_id = output.id,
      inputs = resolved, error = null, started_at = now()
    where s.tenant_id = tenant and s.run_id = target.run_id and s.name = target.name returning * into target;
  perform app.note_step(target, 'info', format('attempt %s begins', target.attempt));
  select v.* into edge_version from public.edge_versions v where v.tenant_id = tenant and v.id = target.edge_version_id;
  return jsonb_build_object('attempt', target.attempt, 'datasetId', target.target_dataset_id, 'versionId', output.id, 'inputs', resolved,
    'parameters', running.parameters, 'ports', edge_version.inputs, 'output', edge_version.outputs -> 0,
    'implementation', app.implementation_of(edge_version), 'dagsterPipelineConfig', (
      select p.dagster_pipeline_config from public.pipelines p where p.tenant_id = tenant and p.id = target.pipeline_id),
    'seconds', least(target.seconds, ceil(extract(epoch from running.started_at + running.timeout_seconds * interval '1s' - now()))));
end $$;

-- For the worker, in the transaction that publishes the step's version: the step has succeeded, and what comes next begins. SQLSTATE
-- GR412: it is not this attempt's to end, so that nothing is published. `inputs`: [{"port", "datasetId", "versionId", "changeSet"}].
-- Where the step writes a block, what the block's next version says, for app.settle_block in the same transaction; the block is locked.
create function app.settle_step(run uuid, step text, attempt integer, row_count bigint, inputs jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' as $$
declare
  running public.pipeline_runs;
  target public.run_steps;
  block public.blocks;
begin
  select r.* into running from public.pipeline_runs r where r.id = settle_step.run for update;
  select s.* into target from public.run_steps s where s.tenant_id = running.tenant_id and s.run_id = running.id and s.name = settle_step.step;
  if running.state is distinct from 'running' or target.state is distinct from 'running' or target.attempt <> settle_step.attempt then
    raise exception using errcode = 'GR412', message = 'the step was ended, or begun again by another worker',
      detail = '{"reason": "overtaken"}';
  end if;
  -- what was found wanting while the step went on is not published either
  perform app.require_verified(target.edge_version_id);
  update public.run_steps s set state = 'succeeded', output_rows = settle_step.row_count, ended_at = clock_timestamp()
    where s.tenant_id = target.tenant_id and s.run_id = target.run_id and s.name = target.name returning * into target;
  insert into public.dataset_version_lineage (tenant_id, dataset_id, version_id, port, input_dataset_id, input_version_id,
      input_version_number, input_change_set, edge_id, edge_version_id, pipeline_id, run_id, step)
    select target.tenant_id, target.target_dataset_id, target.output_version_id, i ->> 'port', v.dataset_id, v.id, v.number,
      (i ->> 'changeSet')::integer, target.edge_id, target.edge_version_id, target.pipeline_id, target.run_id, target.name
    from jsonb_array_elements(inputs) i
    left join public.dataset_versions v on v.tenant_id = target.tenant_id and v.id = (i ->> 'versionId')::uuid;
  perform app.note_step(target, 'info', format('%s rows were published', settle_step.row_count));
  perform app.advance_run(running);
  block := app.block_of_step(target);
  return case when block.id is not null then jsonb_build_object('blockType', block.block_type, 'inputs', '[]'::jsonb,
    'metadata', (select v.metadata from public.block_versions v where v.tenant_id = block.tenant_id and v.id = block.current_version_id),
    'outputs', app.ports_of_version(target.tenant_id, target.output_version_id), 'datasetVersionId', target.output_version_id) end;
end $$;

-- The block that a step writes, locked: after the dataset and the run, before which nobody takes it who wants one of those. Null for none.
create function app.block_of_step(step public.run_steps) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  block public.blocks;
begin
  select b.* into block from public.pipeline_runs r
    join public.pipeline_steps p on p.tenant_id = r.tenant_id and p.version_id = r.version_id and p.name = step.name
    join public.blocks b on b.tenant_id = p.tenant_id and b.id = p.target_block_id
    where r.tenant_id = step.tenant_id and r.id = step.run_id for update of b;
  return block;
end $$;

-- For the worker, in the transaction that settled the step: the block's next version is what the step made, said as app.settle_step
-- gave it, with its digest. It is current where the dataset's version is.
create function app.settle_block(run uuid, step text, digest text) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.run_steps;
  block public.blocks;
  made public.block_versions;
begin
  select s.* into target from public.run_steps s where s.run_id = settle_block.run and s.name = settle_block.step and s.state = 'succeeded';
  block := app.block_of_step(target);
  insert into public.block_versions (tenant_id, block_id, block_type, number, metadata, inputs, outputs, dataset_id, dataset_version_id,
      digest, created_by)
    select block.tenant_id, block.id, block.block_type, (
        select coalesce(max(v.number), 0) + 1 from public.block_versions v where v.tenant_id = block.tenant_id and v.block_id = block.id),
      v.metadata, '[]', app.ports_of_version(target.tenant_id, target.output_version_id), block.dataset_id, target.output_version_id,
      settle_block.digest, r.requested_by
    from public.block_versions v
    join public.pipeline_runs r on r.tenant_id = target.tenant_id and r.id = target.run_id
    where v.tenant_id = block.tenant_id and v.id = block.current_version_id
    returning * into made;
  update public.blocks b set revision = b.revision + 1, updated_at = now(),
      current_version_id = case when exists (select from public.datasets d where d.tenant_id = b.tenant_id and d.id = b.dataset_id
        and d.current_version_id = target.output_version_id) then made.id else b.current_version_id end
    where b.tenant_id = block.tenant_id and b.id = block.id;
  perform app.note_step(target, 'info', format('they are version %s of the block %s', made.number, block.name));
  return made.number;
end $$;

-- For the worker: an attempt failed. It is tried again while there are tries left and `again` says that this may help; else the step,
-- and in the end the run, has failed. False where it is not this attempt's to end. `attempt` null: whichever it is.
create function app.fail_step(run uuid, step text, attempt integer, error jsonb, again boolean) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  running public.pipeline_runs;
  target public.run_steps;
begin
  perform app.hold_outputs(run, step);
  select r.* into running from public.pipeline_runs r where r.id = fail_step.run for update;
  select s.* into target from public.run_steps s where s.tenant_id = running.tenant_id and s.run_id = running.id and s.name = fail_step.step;
  if running.state is distinct from 'running' or target.state not in ('queued', 'running') or target.attempt <> fail_step.attempt then
    return false;
  end if;
  perform app.note_step(target, 'error', error ->> 'message');
  if again and target.tries <= target.retries then
    perform app.note_step(target, 'warn', 'it is tried again');
    perform app.queue_step(running, target.name, least(target.tries * target.tries, 60) * interval '1s');
    return true;
  end if;
  update public.run_steps s set state = 'failed', error = fail_step.error, ended_at = clock_timestamp()
    where s.tenant_id = target.tenant_id and s.run_id = target.run_id and s.name = target.name;
  perform app.fail_output(target, error);
  perform app.advance_run(running);
  return true;
end $$;

-- For the worker: whether an attempt is still wanted.
create function app.step_goes_on(run uuid, step text, attempt integer) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select from public.run_steps s join public.pipeline_runs r on r.tenant_id = s.tenant_id and r.id = s.run_id
    where s.run_id = step_goes_on.run and s.name = step_goes_on.step and s.attempt = step_goes_on.attempt and s.state = 'running'
      and r.state = 'running');
end $$;

-- For whoever carries a step out. Of a run so many lines are kept; the last says that there were more.
create function app.log_step(run uuid, step text, attempt integer, level text, message text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most constant integer := 10000;
  written integer;
  target public.run_steps;
begin
  -- locked, so that a second one who writes for the run comes after this one
  perform from public.pipeline_runs r where r.id = log_step.run for update;
  select s.* into target from public.run_steps s where s.run_id = log_step.run and s.name = log_step.step and s.attempt = log_step.attempt
    and s.state = 'running';
  if target.name is null then
    return;
  end if;
  select coalesce(max(l.number), 0) into written from public.run_logs l where l.tenant_id = target.tenant_id and l.run_id = target.run_id;
  if written < most then
    perform app.note_step(target, log_step.level, log_step.message);
  elsif written = most then
    perform app.note_step(target, 'warn', format('more than %s lines: what is logged from here on is left out', most));
  end if;
end $$;

-- For the worker, now and then: gives up a run that is past its time. Null where none is.
create function app.end_overdue_run() returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  overdue public.pipeline_runs;
  reason jsonb;
begin
  select r.* into overdue from public.pipeline_runs r
    where r.state = 'running' and r.started_at + r.timeout_seconds * interval '1s' < now() order by r.started_at limit 1;
  perform app.hold_outputs(overdue.id);
  select r.* into overdue from public.pipeline_runs r where r.id = overdue.id and r.state = 'running' for update skip locked;
  if overdue.id is null then
    return null;
  end if;
  reason := jsonb_build_object('kind', 'limit_reached', 'message', format('the run took longer than %s seconds', overdue.timeout_seconds));
  perform app.end_steps(overdue, reason);
  update public.pipeline_runs r set state = 'failed', finished_at = now(), error = reason
    where r.tenant_id = overdue.tenant_id and r.id = overdue.id;
  return overdue.id;
end $$;

-- For the worker, now and then: starts runs that wait though there is room, because whoever ended the one before died before that.
create function app.start_queued_runs() returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  waiting record;
  started integer := 0;
begin
  for waiting in
    select distinct r.tenant_id, r.pipeline_id from public.pipeline_runs r where r.state = 'queued' order by 1, 2 limit 1000
  loop
    started := started + app.start_waiting_runs(waiting.tenant_id, waiting.pipeline_id);
  end loop;
  return started;
end $$;

revoke all on function app.enqueue_for, app.note_step, app.queue_step, app.advance_run, app.start_waiting_runs, app.parameters_of_run,
  app.launch_run, app.lock_run, app.end_steps, app.cancel_run, app.resume_run, app.begin_step, app.settle_step, app.fail_step,
  app.engine_of, app.require_engine, app.implementation_of, app.block_of_step, app.settle_block, app.step_goes_on, app.log_step, app.hold_outputs, app.fail_output, app.end_overdue_run, app.start_queued_runs from public;
grant execute on function app.launch_run, app.cancel_run, app.resume_run, app.begin_step to granary_member;
grant execute on function app.engine_of, app.settle_step, app.settle_block, app.fail_step, app.step_goes_on, app.log_step, app.end_overdue_run, app.start_queued_runs, app.start_waiting_runs to granary_worker;
