-- Events are written where the change is, by triggers: whoever changes a table, in whichever way, there is an event.

create function app.emit_load_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  version public.dataset_versions;
  data jsonb;
begin
  select * into version from public.dataset_versions v where v.tenant_id = new.tenant_id and v.id = new.version_id;
  -- a copy of rows that are there is nobody's news
  if version.copied_from is not null then
    return null;
  end if;
  data := jsonb_build_object('datasetId', new.dataset_id, 'versionId', new.version_id, 'version', version.number,
    'requestedBy', version.created_by);
  if new.state = 'failed' then
    -- why, in one word: the message may say what stands in a cell
    perform app.emit_event(new.tenant_id, 'dataset.load_failed', 'dataset', new.dataset_id::text,
      data || jsonb_build_object('reason', new.error ->> 'kind'));
    return null;
  end if;
  data := data || jsonb_build_object('rows', new.loaded_rows, 'quarantined', new.quarantined_rows);
  perform app.emit_event(new.tenant_id, 'dataset.loaded', 'dataset', new.dataset_id::text, data);
  if new.quarantined_rows > 0 then
    perform app.emit_event(new.tenant_id, 'dataset.rows_quarantined', 'dataset', new.dataset_id::text, data);
  end if;
  return null;
end $$;
create trigger emit_load_event after update of state on public.dataset_loads for each row
  when (old.state is distinct from new.state and new.state in ('ready', 'failed')) execute function app.emit_load_event();

create function app.emit_share_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.emit_event(new.tenant_id, 'dataset.shared', 'dataset', new.dataset_id::text, jsonb_build_object(
    'datasetId', new.dataset_id, 'shareId', new.id, 'userId', new.user_id, 'roleId', new.role_id, 'access', new.access));
  return null;
end $$;
create trigger emit_share_event after insert or update of access on public.dataset_shares for each row
  execute function app.emit_share_event();

create function app.emit_key_destroyed_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.emit_event(new.tenant_id, 'dataset.identifiers_destroyed', 'encryption_key', new.id::text,
    jsonb_build_object('keyId', new.id, 'purpose', new.purpose, 'datasetId', new.dataset_id));
  return null;
end $$;
create trigger emit_key_destroyed_event after update of destroyed_at on public.encryption_keys for each row
  when (old.destroyed_at is null and new.destroyed_at is not null) execute function app.emit_key_destroyed_event();

create function app.emit_export_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.emit_event(new.tenant_id, 'export.' || new.state::text, 'export', new.id::text, jsonb_build_object(
    'datasetId', new.dataset_id, 'exportId', new.id, 'format', new.format, 'rows', new.rows, 'requestedBy', new.created_by));
  return null;
end $$;
create trigger emit_export_event after update of state on public.dataset_exports for each row
  when (old.state is distinct from new.state and new.state in ('ready', 'failed')) execute function app.emit_export_event();

-- A to-do is between two: the event says which, and not what stands in it.
create function app.emit_todo_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.assignee_id is not null and (tg_op = 'INSERT' or new.assignee_id is distinct from old.assignee_id) then
    perform app.emit_event(new.tenant_id, 'todo.assigned', 'todo', new.id::text, jsonb_build_object(
      'todoId', new.id, 'ownerId', new.owner_id, 'assigneeId', new.assignee_id, 'dueOn', new.due_on));
  end if;
  if tg_op = 'UPDATE' and old.completed_at is null and new.completed_at is not null then
    perform app.emit_event(new.tenant_id, 'todo.completed', 'todo', new.id::text, jsonb_build_object(
      'todoId', new.id, 'ownerId', new.owner_id, 'assigneeId', new.assignee_id, 'completedBy', new.completed_by));
  end if;
  return null;
end $$;
create trigger emit_todo_event after insert or update of assignee_id, completed_at on public.todos for each row
  execute function app.emit_todo_event();

create function app.emit_membership_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.left_at is not null then
    perform app.emit_event(new.tenant_id, 'member.removed', 'user', new.user_id::text, jsonb_build_object('userId', new.user_id));
    return null;
  end if;
  -- the invitation was answered a moment ago, in this transaction; who founds an organization, or is in a default one, has none
  perform app.emit_event(new.tenant_id, 'member.joined', 'user', new.user_id::text, jsonb_build_object('userId', new.user_id,
    'invitedBy', (select i.invited_by from public.invitations i join public.users u on u.id = new.user_id and lower(u.email) = lower(i.email)
      where i.tenant_id = new.tenant_id and i.answer = 'accepted' and i.answered_at = now())),
    null, new.user_id);
  return null;
end $$;
create trigger emit_joined_event after insert on public.memberships for each row execute function app.emit_membership_event();
create trigger emit_membership_event after update of left_at on public.memberships for each row
  when ((old.left_at is null) <> (new.left_at is null)) execute function app.emit_membership_event();

-- At the end of the transaction, when all roles of somebody are what they are going to be: one event, whatever it took.
create function app.emit_roles_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := coalesce(new.tenant_id, old.tenant_id);
  person constant uuid := coalesce(new.user_id, old.user_id);
begin
  -- who joins or leaves at this moment is told of that
  if exists (select from public.memberships m where m.tenant_id = tenant and m.user_id = person and m.left_at is null and m.created_at <> now()) then
    perform app.emit_event(tenant, 'member.roles_changed', 'user', person::text, jsonb_build_object('userId', person, 'roles',
      (select coalesce(jsonb_agg(r.name order by r.name), '[]') from public.user_roles g
        join public.roles r on r.tenant_id = g.tenant_id and r.id = g.role_id where g.tenant_id = tenant and g.user_id = person)),
      format('%s in %s', person, pg_current_xact_id()));
  end if;
  return null;
end $$;
create constraint trigger emit_roles_event after insert or delete on public.user_roles deferrable initially deferred
  for each row execute function app.emit_roles_event();

create function app.emit_key_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.emit_event(new.tenant_id, 'api_key.created', 'api_key', new.id::text, jsonb_build_object(
    'keyId', new.id, 'userId', new.user_id, 'scopes', new.scopes, 'rotatedFrom', new.rotated_from));
  return null;
end $$;
create trigger emit_key_event after insert on public.api_keys for each row execute function app.emit_key_event();

create function app.emit_organization_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.plan <> old.plan then
    perform app.emit_event(new.id, 'plan.changed', 'organization', new.id::text, jsonb_build_object('from', old.plan, 'to', new.plan));
  end if;
  if old.closed_at is null and new.closed_at is not null then
    perform app.emit_event(new.id, 'organization.closing', 'organization', new.id::text,
      jsonb_build_object('closedAt', new.closed_at, 'erasedAfter', new.erase_after));
  end if;
  return null;
end $$;
create trigger emit_organization_event after update of plan, closed_at on public.organizations for each row
  execute function app.emit_organization_event();

-- At most once a day for each limit, however often something is refused.
create function app.emit_limit_event(tenant uuid, entitlement text, most bigint) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.emit_event(tenant, 'plan.limit_reached', 'organization', tenant::text, jsonb_build_object(
      'entitlement', entitlement, 'limit', most, 'plan', (select o.plan from public.organizations o where o.id = tenant)),
    format('%s on %s', entitlement, (now() at time zone 'UTC')::date));
end $$;

-- As before; and who takes the last place there is, tells of it.
create or replace function app.require_room(tenant uuid, entitlement text, requested bigint, already_there boolean) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most bigint := app.entitlement_of(tenant, entitlement);
  used bigint;
  plan text;
begin
  if most is null or requested <= 0 then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('entitlement:' || tenant || ':' || entitlement, 0));
  most := app.entitlement_of(tenant, entitlement);
  used := app.usage_of(tenant, entitlement) - case when already_there then requested else 0 end;
  if used + requested > most then
    select o.plan into plan from public.organizations o where o.id = tenant;
    raise exception using errcode = 'GR429',
      message = format('the organization has a limit of %s %s, and %s are used', most, replace(entitlement, '_', ' '), used),
      detail = jsonb_build_object('entitlement', entitlement, 'plan', plan, 'limit', most, 'used', used, 'requested', requested)::text;
  end if;
  if used + requested = most then
    perform app.emit_limit_event(tenant, entitlement, most);
  end if;
end $$;

-- A refusal rolls back whatever its transaction wrote: whoever was refused notes it in one of its own. Believed only where the
-- database would refuse it now, so that nobody can say so of what is not.
create function app.note_limit(tenant uuid, entitlement text, requested bigint) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  most bigint;
begin
  if not exists (select from public.entitlements e where e.name = entitlement and e.kind = 'limit')
    or not exists (select from public.organizations o where o.id = tenant) then
    return;
  end if;
  most := app.entitlement_of(tenant, entitlement);
  if app.usage_of(tenant, entitlement) + greatest(requested, 1) > most then
    perform app.emit_limit_event(tenant, entitlement, most);
  end if;
end $$;

-- Of the caller's own organization.
create function app.note_own_limit(entitlement text, requested bigint) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
begin
  if exists (select from public.memberships m where m.tenant_id = tenant and m.user_id = app.user_id() and m.left_at is null) then
    perform app.note_limit(tenant, entitlement, requested);
  end if;
end $$;

revoke all on function app.emit_load_event, app.emit_share_event, app.emit_key_destroyed_event, app.emit_export_event,
  app.emit_todo_event, app.emit_membership_event, app.emit_roles_event, app.emit_key_event, app.emit_organization_event,
  app.emit_limit_event, app.note_limit, app.note_own_limit from public;
grant execute on function app.note_limit to granary_worker;
grant execute on function app.note_own_limit to granary_member;
