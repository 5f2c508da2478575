-- What changes to-dos. Locks are taken in one order, members before the to-do: whoever removes a member does the same.

-- A member who stays one until the transaction ends. SQLSTATE GR404 for nobody, and for somebody who left.
create function app.hold_member(tenant uuid, member uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.memberships m where m.tenant_id = tenant and m.user_id = member and m.left_at is null for share;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such member';
  end if;
end $$;

-- Whether the caller may see what is linked to. A new kind of entity gets its line here and in the table's check.
create function app.require_entity(entity_type text, entity_id uuid) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if entity_type = 'dataset' and not app.may_access_dataset(entity_id, 'read') then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
end $$;

create function app.may_change_todo(todo public.todos) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.may('todo:write', todo.tenant_id)
    and (app.user_id() in (todo.owner_id, todo.assignee_id) or app.may('todo:admin', todo.tenant_id));
end $$;

-- A to-do of the active organization that the caller may change, locked. `seen` is the revision that the caller saw; null
-- takes whichever is there. SQLSTATE GR404: none that they may change; GR409: it was changed since they saw it.
create function app.lock_todo(todo uuid, seen integer) returns public.todos
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.todos;
begin
  select t.* into target from public.todos t
    where t.tenant_id = (app.claims() ->> 'tenant_id')::uuid and t.id = todo for update;
  if app.may_change_todo(target) is not true then
    raise exception using errcode = 'GR404', message = 'no such to-do';
  end if;
  if target.revision <> seen then
    raise exception using errcode = 'GR409', message = 'the to-do was changed meanwhile',
      detail = jsonb_build_object('revision', target.revision)::text;
  end if;
  return target;
end $$;

create function app.create_todo(title text, notes text, due_on date, assignee uuid, entity_type text, entity_id uuid)
  returns public.todos
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  created public.todos;
begin
  if app.may('todo:write', tenant) is not true then
    raise exception using errcode = 'GR403', message = 'needs the permission todo:write';
  end if;
  perform app.require_entity(entity_type, entity_id);
  perform app.hold_member(tenant, app.user_id());
  if assignee is not null then
    perform app.hold_member(tenant, assignee);
  end if;
  insert into public.todos (tenant_id, owner_id, assignee_id, title, notes, due_on, entity_type, entity_id)
    values (tenant, app.user_id(), assignee, create_todo.title, create_todo.notes, create_todo.due_on,
      create_todo.entity_type, create_todo.entity_id)
    returning * into created;
  return created;
end $$;

-- `changes`: what is to be otherwise, by its name in the API; a key that is not there leaves the field as it is.
create function app.update_todo(todo uuid, seen integer, changes jsonb) returns public.todos
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.todos := app.lock_todo(todo, seen);
begin
  if changes ? 'entityId' then
    perform app.require_entity(changes ->> 'entityType', (changes ->> 'entityId')::uuid);
    target.entity_type := changes ->> 'entityType';
    target.entity_id := changes ->> 'entityId';
  end if;
  update public.todos t set
      title = coalesce(changes ->> 'title', target.title),
      notes = coalesce(changes ->> 'notes', target.notes),
      due_on = case when changes ? 'dueOn' then (changes ->> 'dueOn')::date else target.due_on end,
      entity_type = target.entity_type, entity_id = target.entity_id,
      revision = t.revision + 1, updated_at = now()
    where t.tenant_id = target.tenant_id and t.id = target.id returning * into target;
  return target;
end $$;

-- Gives it to a member, or with null to nobody. The assignee may do this as well: to give it back, or on.
create function app.assign_todo(todo uuid, seen integer, assignee uuid) returns public.todos
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  target public.todos;
begin
  -- asked before the member is, so that whoever may not change it learns nothing of members; and again under the lock
  if not exists (select from public.todos t where t.tenant_id = tenant and t.id = todo and app.may_change_todo(t)) then
    raise exception using errcode = 'GR404', message = 'no such to-do';
  end if;
  if assignee is not null then
    perform app.hold_member(tenant, assignee);
  end if;
  target := app.lock_todo(todo, seen);
  update public.todos t set assignee_id = assignee, revision = t.revision + 1, updated_at = now()
    where t.tenant_id = target.tenant_id and t.id = target.id returning * into target;
  return target;
end $$;

-- Of two who complete it at once the second is told: it is in nobody's interest to have done it twice.
create function app.complete_todo(todo uuid) returns public.todos
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.todos := app.lock_todo(todo, null);
begin
  if target.completed_at is not null then
    raise exception using errcode = 'GR412', message = 'the to-do is completed already';
  end if;
  update public.todos t set completed_at = now(), completed_by = app.user_id(), revision = t.revision + 1, updated_at = now()
    where t.tenant_id = target.tenant_id and t.id = target.id returning * into target;
  return target;
end $$;

create function app.reopen_todo(todo uuid) returns public.todos
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target public.todos := app.lock_todo(todo, null);
begin
  if target.completed_at is null then
    raise exception using errcode = 'GR412', message = 'the to-do is not completed';
  end if;
  update public.todos t set completed_at = null, completed_by = null, revision = t.revision + 1, updated_at = now()
    where t.tenant_id = target.tenant_id and t.id = target.id returning * into target;
  return target;
end $$;

-- Its owner's, and not the assignee's: what somebody wrote is not for others to destroy.
create function app.delete_todo(todo uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  target constant public.todos := app.lock_todo(todo, null);
begin
  if target.owner_id <> app.user_id() and not app.may('todo:admin', target.tenant_id) then
    raise exception using errcode = 'GR403', message = 'only its owner deletes a to-do';
  end if;
  delete from public.todos t where t.tenant_id = target.tenant_id and t.id = target.id;
end $$;

revoke all on function app.hold_member, app.require_entity, app.may_change_todo, app.lock_todo, app.create_todo, app.update_todo,
  app.assign_todo, app.complete_todo, app.reopen_todo, app.delete_todo from public;
grant execute on function app.create_todo, app.update_todo, app.assign_todo, app.complete_todo, app.reopen_todo, app.delete_todo
  to granary_member;
