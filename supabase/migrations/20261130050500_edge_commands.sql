-- What changes edges; as with blocks.

create function app.may_see_edge(edge public.edges) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.may('edge:read', edge.tenant_id)
    and (edge.dataset_ids = '{}' or edge.dataset_ids <@ app.datasets_with('read'));
end $$;

-- SQLSTATE GR404: none that the caller sees; GR403: they only see it; GR409: it was changed since they saw it.
create function app.lock_edge(edge uuid, permission text, seen integer) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.edges;
begin
  select e.* into target from public.edges e where e.tenant_id = tenant and e.id = edge;
  if app.may_see_edge(target) is not true then
    raise exception using errcode = 'GR404', message = 'no such edge';
  end if;
  if not app.may(permission, tenant) then
    raise exception using errcode = 'GR403', message = format('needs the permission %s', permission);
  end if;
  select e.* into target from public.edges e where e.tenant_id = tenant and e.id = edge for update;
  -- while one waited, it may have been joined to what one may not read
  if app.may_see_edge(target) is not true then
    raise exception using errcode = 'GR404', message = 'no such edge';
  end if;
  if target.revision <> seen then
    raise exception using errcode = 'GR409', message = 'the edge was changed meanwhile',
      detail = jsonb_build_object('revision', target.revision)::text;
  end if;
  return target;
end $$;

create function app.version_of_edge(locked public.edges, number integer) returns public.edge_versions
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_version public.edge_versions;
begin
  select v.* into found_version from public.edge_versions v
    where v.tenant_id = locked.tenant_id and v.edge_id = locked.id and v.number = version_of_edge.number;
  if found_version.id is null then
    raise exception using errcode = 'GR404', message = format('the edge has no version %s', number);
  end if;
  return found_version;
end $$;

create function app.port_named(ports jsonb, name text) returns jsonb
  language plpgsql immutable set search_path = '' as $$
begin
  return (select p from jsonb_array_elements(ports) p where p ->> 'name' = port_named.name);
end $$;

-- Joins a port of a version to a port of a block, as that one is now. Rows flow out of a block's output, and into a model's input
-- or a dataset. Returns the dataset that is touched by it. SQLSTATE GR404: no such block that the caller sees; GR400: no such port,
-- or one that does not fit (detail: what of it).
create function app.join_port(version public.edge_versions, binding jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  is_input constant boolean := binding ->> 'direction' = 'input';
  block public.blocks;
  block_version public.block_versions;
  edge_port constant jsonb := app.port_named(case when is_input then version.inputs else version.outputs end, binding ->> 'port');
  block_port jsonb;
  wrong jsonb;
begin
  select b.* into block from public.blocks b where b.tenant_id = version.tenant_id and b.id = (binding ->> 'blockId')::uuid;
  if app.may_see_block(block) is not true then
    raise exception using errcode = 'GR404', message = 'no such block';
  end if;
  -- whoever changes or deletes it waits, or was waited for
  select b.* into block from public.blocks b where b.tenant_id = version.tenant_id and b.id = block.id for share;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such block';
  end if;
  select v.* into block_version from public.block_versions v where v.tenant_id = block.tenant_id and v.id = block.current_version_id;
  block_port := app.port_named(case when is_input or block.block_type = 'dataset' then block_version.outputs else block_version.inputs end,
    binding ->> 'blockPort');
  if edge_port is null or block_port is null then
    raise exception using errcode = 'GR400',
      message = format('%s has no %s %s', case when edge_port is null then 'the edge' else 'the block' end,
        case when is_input = (edge_port is null) then 'input' else 'output' end,
        case when edge_port is null then binding ->> 'port' else binding ->> 'blockPort' end),
      detail = jsonb_build_object('binding', binding)::text;
  end if;
  wrong := case when is_input then app.misfits(block_port, edge_port) else app.misfits(edge_port, block_port) end;
  if wrong <> '[]' then
    raise exception using errcode = 'GR400',
      message = format('%s does not fit %s: column %s', case when is_input then binding ->> 'blockPort' else binding ->> 'port' end,
        case when is_input then binding ->> 'port' else binding ->> 'blockPort' end,
        (select string_agg(format('%s (%s)', w ->> 'column', w ->> 'reason'), ', ') from jsonb_array_elements(wrong) w)),
      detail = jsonb_build_object('binding', binding, 'misfits', wrong)::text;
  end if;
  insert into public.edge_bindings (tenant_id, edge_id, edge_version_id, direction, port, block_id, block_port, block_version_id)
    values (version.tenant_id, version.edge_id, version.id, binding ->> 'direction', binding ->> 'port', block.id, binding ->> 'blockPort',
      block_version.id);
  return block.dataset_id;
end $$;

-- The next version of a locked edge, made current and not verified. `implementation`: {"kind", "sql" | "image", "command" | "dagsterOp"}.
create function app.put_edge_version(locked public.edges, metadata jsonb, inputs jsonb, outputs jsonb, implementation jsonb, bindings jsonb,
    digest text) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
declare
  made public.edge_versions;
  binding jsonb;
  touched uuid[] := locked.dataset_ids;
begin
  if exists (select from public.edge_versions v where v.tenant_id = locked.tenant_id and v.id = locked.current_version_id
      and v.digest = put_edge_version.digest) then
    return locked;
  end if;
  insert into public.edge_versions (tenant_id, edge_id, number, metadata, inputs, outputs, kind, sql, image, command, dagster_op, digest, created_by)
    select locked.tenant_id, locked.id, coalesce(max(v.number), 0) + 1, put_edge_version.metadata, put_edge_version.inputs,
      put_edge_version.outputs, implementation ->> 'kind', implementation ->> 'sql', implementation ->> 'image',
      case when implementation ? 'command' then array(select jsonb_array_elements_text(implementation -> 'command')) end,
      implementation ->> 'dagsterOp', put_edge_version.digest, app.user_id()
    from public.edge_versions v where v.tenant_id = locked.tenant_id and v.edge_id = locked.id
    returning * into made;
  for binding in select b from jsonb_array_elements(bindings) b order by b ->> 'blockId', b::text loop
    touched := touched || app.join_port(made, binding);
  end loop;
  touched := array(select distinct t from unnest(touched) t where t is not null order by t);
  -- or whoever writes edges could take one out of its owner's sight
  if locked.owner_id <> app.user_id() and exists (
    select from public.datasets d where d.tenant_id = locked.tenant_id and d.id = any (touched) and d.id <> all (locked.dataset_ids)
      and not app.reaches_dataset(locked.owner_id, d.tenant_id, d.id, d.owner_id, 'read')) then
    raise exception using errcode = 'GR412', message = 'the owner of the edge may not read a dataset that it would be joined to';
  end if;
  update public.edges e set current_version_id = made.id, dataset_ids = touched, revision = e.revision + 1, updated_at = now()
    where e.tenant_id = locked.tenant_id and e.id = locked.id returning * into locked;
  return locked;
end $$;

create function app.create_edge(name text, description text, metadata jsonb, inputs jsonb, outputs jsonb, implementation jsonb,
    bindings jsonb, digest text) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  created public.edges;
begin
  if app.may('edge:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission edge:write';
  end if;
  perform app.hold_member(tenant, app.user_id());
  insert into public.edges (tenant_id, name, description, owner_id, revision)
    values (tenant, create_edge.name, create_edge.description, app.user_id(), 0) returning * into created;
  return app.put_edge_version(created, metadata, inputs, outputs, implementation, bindings, digest);
end $$;

-- Keeps others from changing it until the end of the transaction: what the next version takes over from this one is read meanwhile.
create function app.hold_edge(edge uuid, seen integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  perform app.lock_edge(edge, 'edge:write', seen);
end $$;

create function app.add_edge_version(edge uuid, seen integer, metadata jsonb, inputs jsonb, outputs jsonb, implementation jsonb,
    bindings jsonb, digest text) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  return app.put_edge_version(app.lock_edge(edge, 'edge:write', seen), metadata, inputs, outputs, implementation, bindings, digest);
end $$;

create function app.update_edge(edge uuid, seen integer, changes jsonb) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.edges;
begin
  -- asked before the member is, so that whoever does not see it learns nothing of members; and again under the lock
  if app.may_see_edge((select e from public.edges e where e.tenant_id = (app.claims() ->> 'tenant_id')::uuid and e.id = edge)) is not true then
    raise exception using errcode = 'GR404', message = 'no such edge';
  end if;
  if changes ->> 'ownerId' is not null and app.may('edge:write', (app.claims() ->> 'tenant_id')::uuid) then
    perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, (changes ->> 'ownerId')::uuid);
  end if;
  target := app.lock_edge(edge, 'edge:write', seen);
  update public.edges e set
      name = coalesce(changes ->> 'name', target.name), description = coalesce(changes ->> 'description', target.description),
      owner_id = coalesce((changes ->> 'ownerId')::uuid, target.owner_id), revision = e.revision + 1, updated_at = now()
    where e.tenant_id = target.tenant_id and e.id = target.id returning * into target;
  return target;
end $$;

create function app.roll_back_edge(edge uuid, seen integer, number integer) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.edges := app.lock_edge(edge, 'edge:write', seen);
  version constant public.edge_versions := app.version_of_edge(target, number);
begin
  if not version.is_active then
    raise exception using errcode = 'GR412', message = format('version %s was withdrawn', number);
  end if;
  update public.edges e set current_version_id = version.id, revision = e.revision + 1, updated_at = now()
    where e.tenant_id = target.tenant_id and e.id = target.id returning * into target;
  return target;
end $$;

create function app.set_edge_version_active(edge uuid, seen integer, number integer, is_active boolean) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.edges := app.lock_edge(edge, 'edge:write', seen);
  version constant public.edge_versions := app.version_of_edge(target, number);
begin
  if not is_active and (version.id = target.current_version_id or exists (select from public.edge_aliases a
      where a.tenant_id = target.tenant_id and a.edge_id = target.id and a.version_id = version.id)) then
    raise exception using errcode = 'GR412', message = format('version %s is current, or a name is on it', number);
  end if;
  update public.edge_versions v set is_active = set_edge_version_active.is_active
    where v.tenant_id = target.tenant_id and v.id = version.id;
  update public.edges e set revision = e.revision + 1, updated_at = now()
    where e.tenant_id = target.tenant_id and e.id = target.id returning * into target;
  return target;
end $$;

create function app.set_edge_alias(edge uuid, seen integer, name text, number integer) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.edges;
  version public.edge_versions;
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  target := app.lock_edge(edge, 'edge:write', seen);
  version := app.version_of_edge(target, number);
  if not version.is_active then
    raise exception using errcode = 'GR412', message = format('version %s was withdrawn', number);
  end if;
  insert into public.edge_aliases as a (tenant_id, edge_id, name, version_id, moved_by)
    values (target.tenant_id, target.id, set_edge_alias.name, version.id, app.user_id())
    on conflict on constraint edge_aliases_pkey do update set version_id = excluded.version_id, moved_by = excluded.moved_by, moved_at = now()
      where a.version_id <> excluded.version_id;
  if found then
    insert into public.edge_alias_moves (tenant_id, edge_id, name, version_number, moved_by)
      values (target.tenant_id, target.id, set_edge_alias.name, number, app.user_id());
    update public.edges e set revision = e.revision + 1, updated_at = now()
      where e.tenant_id = target.tenant_id and e.id = target.id returning * into target;
  end if;
  return target;
end $$;

create function app.remove_edge_alias(edge uuid, seen integer, name text) returns public.edges
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.edges;
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  target := app.lock_edge(edge, 'edge:write', seen);
  delete from public.edge_aliases a where a.tenant_id = target.tenant_id and a.edge_id = target.id and a.name = remove_edge_alias.name;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such alias';
  end if;
  insert into public.edge_alias_moves (tenant_id, edge_id, name, moved_by)
    values (target.tenant_id, target.id, remove_edge_alias.name, app.user_id());
  update public.edges e set revision = e.revision + 1, updated_at = now()
    where e.tenant_id = target.tenant_id and e.id = target.id returning * into target;
  return target;
end $$;

-- What keeps an edge from being deleted, by kind. Whoever refers to edges or their versions extends this.
create function app.references_to_edge(edge public.edges) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
begin
  return nullif(jsonb_strip_nulls(jsonb_build_object(
    'aliases', (select jsonb_agg(a.name order by a.name) from public.edge_aliases a
      where a.tenant_id = edge.tenant_id and a.edge_id = edge.id))), '{}');
end $$;

create function app.delete_edge(edge uuid, seen integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.edges := app.lock_edge(edge, 'edge:delete', seen);
  referring constant jsonb := app.references_to_edge(target);
begin
  if referring is not null then
    raise exception using errcode = 'GR412', message = format('the edge is used: %s',
        (select string_agg(kind, ', ' order by kind) from jsonb_object_keys(referring) kind)),
      detail = jsonb_build_object('referredToBy', referring)::text;
  end if;
  delete from public.edges e where e.tenant_id = target.tenant_id and e.id = target.id;
end $$;

-- Asks for a version to be verified; a job does it. `datasets`: whose rows the run is to read. SQLSTATE GR404: one of them may not
-- be read; GR409: it is being verified already; GR412: it was withdrawn.
create function app.request_verification(edge uuid, number integer, expectations jsonb, limits jsonb, inputs jsonb, datasets uuid[])
  returns public.edge_verifications
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.edges;
  version public.edge_versions;
  asked public.edge_verifications;
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  target := app.lock_edge(edge, 'edge:write', null);
  version := app.version_of_edge(target, number);
  if not version.is_active then
    raise exception using errcode = 'GR412', message = format('version %s was withdrawn', number);
  end if;
  if not datasets <@ app.datasets_with('read') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  if exists (select from public.edge_verifications r
      where r.tenant_id = target.tenant_id and r.edge_version_id = version.id and r.status = 'pending') then
    raise exception using errcode = 'GR409', message = format('version %s is being verified already', number);
  end if;
  insert into public.edge_verifications (tenant_id, edge_id, edge_version_id, expectations, limits, inputs, dataset_ids, requested_by)
    values (target.tenant_id, target.id, version.id, request_verification.expectations, request_verification.limits,
      request_verification.inputs, datasets, app.user_id())
    returning * into asked;
  return asked;
end $$;

-- How it ended, for the worker. False where that is known already, or the edge is gone.
create function app.finish_verification(verification uuid, status text, logs text, results jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if finish_verification.status not in ('passed', 'failed') then
    raise exception using errcode = 'GR400', message = 'a verification ends passed or failed';
  end if;
  update public.edge_verifications r set status = finish_verification.status, logs = finish_verification.logs,
      results = finish_verification.results, verified_by = r.requested_by, verified_at = clock_timestamp(), updated_at = now()
    where r.id = verification and r.status = 'pending';
  return found;
end $$;

-- A person's yes or no to what passed. Not its author's, nor a program's. SQLSTATE GR412: it is not the newest finding, did not
-- pass, or was decided.
create function app.decide_verification(verification uuid, decision text, note text) returns public.edge_verifications
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.edge_verifications;
  version public.edge_versions;
begin
  perform app.hold_member(tenant, app.user_id());
  select r.* into target from public.edge_verifications r where r.tenant_id = tenant and r.id = verification;
  if target.id is null or (target.dataset_ids <> '{}' and not target.dataset_ids <@ app.datasets_with('read'))
      or app.may_see_edge((select e from public.edges e where e.tenant_id = tenant and e.id = target.edge_id)) is not true then
    raise exception using errcode = 'GR404', message = 'no such verification';
  end if;
  perform app.lock_edge(target.edge_id, 'edge:approve', null);
  select r.* into target from public.edge_verifications r where r.tenant_id = tenant and r.id = verification for update;
  select v.* into version from public.edge_versions v where v.tenant_id = tenant and v.id = target.edge_version_id;
  if app.claims() ->> 'key_id' is not null then
    raise exception using errcode = 'GR403', message = 'an API key cannot do this: sign in';
  end if;
  if version.created_by = app.user_id() then
    raise exception using errcode = 'GR403', message = 'who wrote a version does not approve it';
  end if;
  if target.status <> 'passed' or target.decision is not null or exists (
    select from public.edge_verifications r where r.tenant_id = tenant and r.edge_version_id = version.id and r.status <> 'pending'
      and (r.verified_at, r.id) > (target.verified_at, target.id)) then
    raise exception using errcode = 'GR412', message = 'only the newest verification of a version, which it passed, is approved or rejected, once';
  end if;
  update public.edge_verifications r set decision = decide_verification.decision, decided_by = app.user_id(), decided_at = now(),
      decision_note = note, updated_at = now()
    where r.tenant_id = tenant and r.id = target.id returning * into target;
  return target;
end $$;

revoke all on function app.hold_edge, app.may_see_edge, app.lock_edge, app.version_of_edge, app.port_named, app.join_port, app.put_edge_version,
  app.create_edge, app.add_edge_version, app.update_edge, app.roll_back_edge, app.set_edge_version_active, app.set_edge_alias,
  app.remove_edge_alias, app.references_to_edge, app.delete_edge, app.request_verification, app.finish_verification,
  app.decide_verification from public;
grant execute on function app.hold_edge, app.create_edge, app.add_edge_version, app.update_edge, app.roll_back_edge, app.set_edge_version_active,
  app.set_edge_alias, app.remove_edge_alias, app.delete_edge, app.request_verification, app.decide_verification to granary_member;
grant execute on function app.finish_verification to granary_worker;
