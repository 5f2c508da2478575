-- What changes blocks. Locks are taken in one order: the member, the dataset, the edge, the block.

create function app.may_see_block(block public.blocks) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.may('block:read', block.tenant_id)
    and (block.dataset_id is null or app.may_access_dataset(block.dataset_id, 'read'));
end $$;

-- A block of the active organization that the caller may change, locked, and of a dataset block its dataset before. `seen` is the
-- revision that the caller saw; null takes whichever is there. SQLSTATE GR404: none that they see; GR403: they only see it; GR409:
-- it was changed since.
create function app.lock_block(block uuid, permission text, seen integer) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.blocks;
begin
  select b.* into target from public.blocks b where b.tenant_id = tenant and b.id = block;
  if app.may_see_block(target) is not true then
    raise exception using errcode = 'GR404', message = 'no such block';
  end if;
  if not app.may(permission, tenant) then
    raise exception using errcode = 'GR403', message = format('needs the permission %s', permission);
  end if;
  if target.dataset_id is not null then
    if not app.may_access_dataset(target.dataset_id, 'write') then
      raise exception using errcode = 'GR403', message = 'a block of a dataset is changed by who may write the dataset';
    end if;
    perform from public.datasets d where d.id = target.dataset_id for update;
  end if;
  select b.* into target from public.blocks b where b.tenant_id = tenant and b.id = block for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such block';
  end if;
  if target.revision <> seen then
    raise exception using errcode = 'GR409', message = 'the block was changed meanwhile',
      detail = jsonb_build_object('revision', target.revision)::text;
  end if;
  return target;
end $$;

-- The version of a locked block with this number, or that an alias names. SQLSTATE GR404.
create function app.version_of_block(locked public.blocks, number integer) returns public.block_versions
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_version public.block_versions;
begin
  select v.* into found_version from public.block_versions v
    where v.tenant_id = locked.tenant_id and v.block_id = locked.id and v.number = version_of_block.number;
  if found_version.id is null then
    raise exception using errcode = 'GR404', message = format('the block has no version %s', number);
  end if;
  return found_version;
end $$;

-- The next version of a locked block, made current. Of a dataset block, whose dataset's row is locked as well, it points at a
-- version of the dataset, and its ports are that one's columns. What is current already is not made again.
create function app.put_block_version(locked public.blocks, metadata jsonb, inputs jsonb, outputs jsonb, dataset_version integer, digest text)
  returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.dataset_versions;
  made uuid;
begin
  if exists (select from public.block_versions v where v.tenant_id = locked.tenant_id and v.id = locked.current_version_id
      and v.digest = put_block_version.digest) then
    return locked;
  end if;
  if (locked.block_type = 'dataset') <> (dataset_version is not null) then
    raise exception using errcode = 'GR400', message = 'a dataset block has a version of its dataset, and a model has none';
  end if;
  if locked.block_type = 'dataset' then
    target := app.ready_version((select d from public.datasets d where d.id = locked.dataset_id), dataset_version);
    if inputs <> '[]' or outputs <> app.ports_of_version(locked.tenant_id, target.id) then
      raise exception using errcode = 'GR400', message = 'the ports of a dataset block are the columns of its dataset';
    end if;
  end if;
  insert into public.block_versions (tenant_id, block_id, block_type, number, metadata, inputs, outputs, dataset_id, dataset_version_id,
      digest, created_by)
    select locked.tenant_id, locked.id, locked.block_type, coalesce(max(v.number), 0) + 1, put_block_version.metadata,
      put_block_version.inputs, put_block_version.outputs, locked.dataset_id, target.id, put_block_version.digest, app.user_id()
    from public.block_versions v where v.tenant_id = locked.tenant_id and v.block_id = locked.id
    returning id into made;
  update public.blocks b set current_version_id = made, revision = b.revision + 1, updated_at = now()
    where b.tenant_id = locked.tenant_id and b.id = locked.id returning * into locked;
  return locked;
end $$;

-- With its first version. SQLSTATE GR404: no such dataset for who writes it; GR412: its version has no rows to read.
create function app.create_block(name text, block_type text, description text, metadata jsonb, inputs jsonb, outputs jsonb,
    dataset uuid, dataset_version integer, digest text) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  created public.blocks;
begin
  if app.may('block:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission block:write';
  end if;
  perform app.hold_member(tenant, app.user_id());
  if dataset is not null then
    perform app.lock_dataset(dataset);
  end if;
  insert into public.blocks (tenant_id, name, block_type, description, owner_id, dataset_id, revision)
    values (tenant, create_block.name, create_block.block_type, create_block.description, app.user_id(), dataset, 0)
    returning * into created;
  return app.put_block_version(created, metadata, inputs, outputs, dataset_version, digest);
end $$;

-- Keeps others from changing it until the end of the transaction: what the next version takes over from this one is read meanwhile.
create function app.hold_block(block uuid, seen integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  perform app.lock_block(block, 'block:write', seen);
end $$;

create function app.add_block_version(block uuid, seen integer, metadata jsonb, inputs jsonb, outputs jsonb, dataset_version integer,
    digest text) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  return app.put_block_version(app.lock_block(block, 'block:write', seen), metadata, inputs, outputs, dataset_version, digest);
end $$;

-- `changes`: what is to be otherwise of name, description and ownerId; a key that is not there leaves the field as it is.
create function app.update_block(block uuid, seen integer, changes jsonb) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.blocks;
begin
  -- asked before the member is, so that whoever does not see it learns nothing of members; and again under the lock
  if app.may_see_block((select b from public.blocks b where b.tenant_id = (app.claims() ->> 'tenant_id')::uuid and b.id = block)) is not true then
    raise exception using errcode = 'GR404', message = 'no such block';
  end if;
  if changes ->> 'ownerId' is not null and app.may('block:write', (app.claims() ->> 'tenant_id')::uuid) then
    perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, (changes ->> 'ownerId')::uuid);
  end if;
  target := app.lock_block(block, 'block:write', seen);
  update public.blocks b set
      name = coalesce(changes ->> 'name', target.name), description = coalesce(changes ->> 'description', target.description),
      owner_id = coalesce((changes ->> 'ownerId')::uuid, target.owner_id), revision = b.revision + 1, updated_at = now()
    where b.tenant_id = target.tenant_id and b.id = target.id returning * into target;
  return target;
end $$;

-- Makes an older version current again; what came after it stays.
create function app.roll_back_block(block uuid, seen integer, number integer) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.blocks := app.lock_block(block, 'block:write', seen);
  version constant public.block_versions := app.version_of_block(target, number);
begin
  if not version.is_active then
    raise exception using errcode = 'GR412', message = format('version %s was withdrawn', number);
  end if;
  update public.blocks b set current_version_id = version.id, revision = b.revision + 1, updated_at = now()
    where b.tenant_id = target.tenant_id and b.id = target.id returning * into target;
  return target;
end $$;

-- Withdraws a version, or takes that back. SQLSTATE GR412: it is current, or a name is on it.
create function app.set_block_version_active(block uuid, seen integer, number integer, is_active boolean) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.blocks := app.lock_block(block, 'block:write', seen);
  version constant public.block_versions := app.version_of_block(target, number);
begin
  if not is_active and (version.id = target.current_version_id or exists (select from public.block_aliases a
      where a.tenant_id = target.tenant_id and a.block_id = target.id and a.version_id = version.id)) then
    raise exception using errcode = 'GR412', message = format('version %s is current, or a name is on it', number);
  end if;
  update public.block_versions v set is_active = set_block_version_active.is_active
    where v.tenant_id = target.tenant_id and v.id = version.id;
  update public.blocks b set revision = b.revision + 1, updated_at = now()
    where b.tenant_id = target.tenant_id and b.id = target.id returning * into target;
  return target;
end $$;

create function app.set_block_alias(block uuid, seen integer, name text, number integer) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.blocks;
  version public.block_versions;
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  target := app.lock_block(block, 'block:write', seen);
  version := app.version_of_block(target, number);
  if not version.is_active then
    raise exception using errcode = 'GR412', message = format('version %s was withdrawn', number);
  end if;
  insert into public.block_aliases as a (tenant_id, block_id, name, version_id, moved_by)
    values (target.tenant_id, target.id, set_block_alias.name, version.id, app.user_id())
    on conflict on constraint block_aliases_pkey do update set version_id = excluded.version_id, moved_by = excluded.moved_by, moved_at = now()
      where a.version_id <> excluded.version_id;
  if found then
    insert into public.block_alias_moves (tenant_id, block_id, name, version_number, moved_by)
      values (target.tenant_id, target.id, set_block_alias.name, number, app.user_id());
    update public.blocks b set revision = b.revision + 1, updated_at = now()
      where b.tenant_id = target.tenant_id and b.id = target.id returning * into target;
  end if;
  return target;
end $$;

create function app.remove_block_alias(block uuid, seen integer, name text) returns public.blocks
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.blocks;
begin
  perform app.hold_member((app.claims() ->> 'tenant_id')::uuid, app.user_id());
  target := app.lock_block(block, 'block:write', seen);
  delete from public.block_aliases a where a.tenant_id = target.tenant_id and a.block_id = target.id and a.name = remove_block_alias.name;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such alias';
  end if;
  insert into public.block_alias_moves (tenant_id, block_id, name, moved_by)
    values (target.tenant_id, target.id, remove_block_alias.name, app.user_id());
  update public.blocks b set revision = b.revision + 1, updated_at = now()
    where b.tenant_id = target.tenant_id and b.id = target.id returning * into target;
  return target;
end $$;

-- What keeps a block from being deleted, by kind; null where nothing does. Numbers only: who deletes it need not see all of them.
create function app.references_to_block(block public.blocks) returns jsonb
  language plpgsql stable security definer set search_path = '' as $$
begin
  return nullif(jsonb_strip_nulls(jsonb_build_object(
    'aliases', (select jsonb_agg(a.name order by a.name) from public.block_aliases a
      where a.tenant_id = block.tenant_id and a.block_id = block.id),
    'edges', (select nullif(count(distinct j.edge_id), 0) from public.edge_bindings j
      where j.tenant_id = block.tenant_id and j.block_id = block.id))), '{}');
end $$;

-- SQLSTATE GR412: something uses it (detail: what).
create function app.delete_block(block uuid, seen integer) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.blocks := app.lock_block(block, 'block:delete', seen);
  referring constant jsonb := app.references_to_block(target);
begin
  if referring is not null then
    raise exception using errcode = 'GR412', message = format('the block is used: %s',
        (select string_agg(kind, ', ' order by kind) from jsonb_object_keys(referring) kind)),
      detail = jsonb_build_object('referredToBy', referring)::text;
  end if;
  delete from public.blocks b where b.tenant_id = target.tenant_id and b.id = target.id;
end $$;

-- Blocks and edges of who leaves are nobody's until somebody takes them; who may write them goes on writing them.
create function app.let_go_of_catalogue() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.blocks b set owner_id = null, revision = b.revision + 1, updated_at = now()
    where b.tenant_id = new.tenant_id and b.owner_id = new.user_id;
  update public.edges e set owner_id = null, revision = e.revision + 1, updated_at = now()
    where e.tenant_id = new.tenant_id and e.owner_id = new.user_id;
  return null;
end $$;
create trigger let_go_of_catalogue after update of left_at on public.memberships for each row
  when (old.left_at is null and new.left_at is not null) execute function app.let_go_of_catalogue();

revoke all on function app.hold_block, app.may_see_block, app.lock_block, app.version_of_block, app.put_block_version, app.create_block,
  app.add_block_version, app.update_block, app.roll_back_block, app.set_block_version_active, app.set_block_alias,
  app.remove_block_alias, app.references_to_block, app.delete_block, app.let_go_of_catalogue from public;
grant execute on function app.hold_block, app.create_block, app.add_block_version, app.update_block, app.roll_back_block, app.set_block_version_active,
  app.set_block_alias, app.remove_block_alias, app.delete_block to granary_member;
