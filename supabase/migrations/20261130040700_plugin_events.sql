-- Telling those who watch a plugin that it changed: its state, version or price, or its users by as much as a list says.
insert into public.event_types (name, default_inbox, default_mail, is_required, tells_actor) values
  ('plugin.changed', true, 'daily', false, true);

-- Whom an event concerns, as things are now, and who may be told of it by a webhook: a function for each kind of event, found by its
-- name, so that a kind that is added leaves the others as they are.
create or replace function app.concerned_by(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  concerned uuid[];
begin
  execute format('select app.%I($1)', 'concerned_by_' || split_part(event.type, '.', 1)) into concerned using event;
  return concerned;
end $$;

create function app.concerned_by_dataset(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  tenant constant uuid := event.tenant_id;
  dataset constant uuid := app.dataset_of(event);
begin
  return case event.type
    when 'dataset.rows_quarantined' then app.holders_of(tenant, dataset, 'write') || (event.data ->> 'requestedBy')::uuid
    when 'dataset.shared' then array(
      select (event.data ->> 'userId')::uuid
      union
      select g.user_id from public.user_roles g where g.tenant_id = tenant and g.role_id = (event.data ->> 'roleId')::uuid)
    when 'dataset.identifiers_destroyed' then
      case when dataset is null then app.members_with(tenant, 'encryption:admin') else app.holders_of(tenant, dataset, 'admin') end
    else array(select d.owner_id from public.datasets d where d.tenant_id = tenant and d.id = dataset)
      || (event.data ->> 'requestedBy')::uuid
  end;
end $$;

create function app.concerned_by_export(event public.outbox_events) returns uuid[]
  language plpgsql immutable set search_path = '' as $$
begin
  return array[(event.data ->> 'requestedBy')::uuid];
end $$;

-- a to-do that was given on concerns its former assignee no more
create function app.concerned_by_todo(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  todo public.todos;
begin
  select * into todo from public.todos t where t.tenant_id = event.tenant_id and t.id = event.subject_id::uuid;
  return case event.type
    when 'todo.assigned' then array[todo.assignee_id]
    when 'todo.completed' then case when todo.completed_at is not null then array[todo.owner_id] end
    when 'todo.due' then case when todo.completed_at is null then array[coalesce(todo.assignee_id, todo.owner_id)] end
  end;
end $$;

create function app.concerned_by_member(event public.outbox_events) returns uuid[]
  language plpgsql immutable set search_path = '' as $$
begin
  return array[case event.type when 'member.joined' then (event.data ->> 'invitedBy')::uuid else event.subject_id::uuid end];
end $$;

create function app.concerned_by_api_key(event public.outbox_events) returns uuid[]
  language plpgsql immutable set search_path = '' as $$
begin
  return array[(event.data ->> 'userId')::uuid];
end $$;

create function app.concerned_by_plan(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.members_with(event.tenant_id, 'organization:write');
end $$;

-- nobody by the inbox: whose organization closes has had a mail
create function app.concerned_by_organization(event public.outbox_events) returns uuid[]
  language plpgsql immutable set search_path = '' as $$
begin
  return null;
end $$;

create function app.concerned_by_webhook(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return app.members_with(event.tenant_id, 'webhook:write');
end $$;

create function app.concerned_by_plugin(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select distinct l.created_by from public.watch_lists l
    join public.watch_list_plugins w on w.tenant_id = l.tenant_id and w.watch_list_id = l.id
    where l.tenant_id = event.tenant_id and w.plugin_id = event.subject_id::uuid);
end $$;

create or replace function app.may_be_told_by_webhook(event public.outbox_events, person uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := event.tenant_id;
  acting constant jsonb := jsonb_build_object('sub', person, 'tenant_id', tenant);
  dataset constant uuid := app.dataset_of(event);
  told boolean;
begin
  -- an organization that is closing lets nobody do anything; that it is closing is what it still tells
  if not app.may_own_webhooks(tenant, person) or (event.type <> 'organization.closing'
      and exists (select from public.organizations o where o.id = tenant and o.closed_at is not null)) then
    return false;
  end if;
  -- with whom it is shared is shown to whoever administers it
  if dataset is not null and app.may_as(acting, case event.type when 'dataset.shared' then 'dataset:admin' else 'dataset:read' end,
      tenant, dataset) is not true then
    return false;
  end if;
  execute format('select app.%I($1, $2)', 'hears_of_' || split_part(event.type, '.', 1)) into told using event, acting;
  return told is true;
end $$;

-- without a dataset it is about the key of all pseudonyms
create function app.hears_of_dataset(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.dataset_of(event) is not null or app.may_as(acting, 'encryption:admin', event.tenant_id, null);
end $$;

create function app.hears_of_todo(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.may_as(acting, 'todo:admin', event.tenant_id, null) or (app.may_as(acting, 'todo:read', event.tenant_id, null)
    and exists (select from public.todos t where t.tenant_id = event.tenant_id and t.id = event.subject_id::uuid
      and (acting ->> 'sub')::uuid in (t.owner_id, t.assignee_id)));
end $$;

-- as the policies on exports and keys: one's own
create function app.hears_of_export(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql immutable set search_path = '' as $$
begin
  return event.data ->> 'requestedBy' = acting ->> 'sub';
end $$;

create function app.hears_of_api_key(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql immutable set search_path = '' as $$
begin
  return event.data ->> 'userId' = acting ->> 'sub';
end $$;

create function app.hears_of_member(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.may_as(acting, 'member:read', event.tenant_id, null);
end $$;

create function app.hears_of_plan(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.may_as(acting, 'organization:read', event.tenant_id, null);
end $$;

-- whoever may own webhooks at all
create function app.hears_of_organization(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql immutable set search_path = '' as $$
begin
  return true;
end $$;

create function app.hears_of_webhook(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql immutable set search_path = '' as $$
begin
  return true;
end $$;

create function app.hears_of_plugin(event public.outbox_events, acting jsonb) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return app.may_as(acting, 'plugin:read', event.tenant_id, null);
end $$;

do $$
declare
  asked regprocedure;
begin
  for asked in select p.oid from pg_proc p where p.pronamespace = 'app'::regnamespace
      and (starts_with(p.proname, 'concerned_by_') or starts_with(p.proname, 'hears_of_')) loop
    execute format('revoke all on function %s from public', asked);
  end loop;
end $$;

-- The worker's, in the transaction that stores a page: of plugins whose facts it changed, `changes` ({pluginId, what: ["state" …]}) is
-- told to every organization that watches them. A page that is read again tells nobody again.
create function app.tell_watchers(capture uuid, changes jsonb) returns integer
  language plpgsql volatile security definer set search_path = '' as $$
declare
  watched record;
  told integer := 0;
begin
  for watched in
    select w.tenant_id, p.id, p.name, p.external_id, p.marketplace, p.users, c.what,
      min(w.users_then) filter (where moved.yes) as users_then, bool_or(moved.yes) as has_moved
    from jsonb_to_recordset(changes) as c ("pluginId" uuid, what text[])
    join public.watch_list_plugins w on w.plugin_id = c."pluginId"
    join public.watch_lists l on l.tenant_id = w.tenant_id and l.id = w.watch_list_id
    join public.plugins p on p.id = c."pluginId" and (p.tenant_id is null or p.tenant_id = w.tenant_id)
    cross join lateral (select coalesce(p.metric = w.metric_then
      and abs(p.users - w.users_then) * 100 >= l.users_percent * greatest(w.users_then, 1), false) as yes) moved
    group by w.tenant_id, p.id, c.what
    order by w.tenant_id, p.id
  loop
    continue when cardinality(watched.what) = 0 and not watched.has_moved;
    if app.emit_event(watched.tenant_id, 'plugin.changed', 'plugin', watched.id::text, jsonb_build_object(
        'plugin', left(coalesce(watched.name, watched.external_id), 200), 'marketplace', watched.marketplace,
        'changed', case when watched.has_moved then array_append(watched.what, 'users') else watched.what end,
        'usersBefore', watched.users_then, 'users', case when watched.has_moved then watched.users end),
        watched.id || ' ' || capture) is not null then
      told := told + 1;
    end if;
  end loop;
  -- who was told of a number is told next when it differs from that one; another way of counting begins anew
  update public.watch_list_plugins w set users_then = p.users, metric_then = p.metric
    from jsonb_to_recordset(changes) as c ("pluginId" uuid)
    join public.plugins p on p.id = c."pluginId"
    where w.plugin_id = p.id and p.users is not null and (p.metric is distinct from w.metric_then or exists (
      select from public.watch_lists l where l.tenant_id = w.tenant_id and l.id = w.watch_list_id
        and abs(p.users - w.users_then) * 100 >= l.users_percent * greatest(w.users_then, 1)));
  return told;
end $$;
revoke all on function app.tell_watchers from public;
grant execute on function app.tell_watchers to granary_worker;
