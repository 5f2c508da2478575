-- Telling those who watch a plugin that it changed: its state, version or price, or its users by as much as a list says.
insert into public.event_types (name, default_inbox, default_mail, is_required, tells_actor) values
  ('plugin.changed', true, 'daily', false, true);

create or replace function app.concerned_by(event public.outbox_events) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  tenant constant uuid := event.tenant_id;
  dataset constant uuid := app.dataset_of(event);
  todo public.todos;
begin
  if event.subject_type = 'todo' then
    select * into todo from public.todos t where t.tenant_id = tenant and t.id = event.subject_id::uuid;
  end if;
  return case event.type
    when 'dataset.loaded' then array(select d.owner_id from public.datasets d where d.tenant_id = tenant and d.id = dataset)
      || (event.data ->> 'requestedBy')::uuid
    when 'dataset.load_failed' then array(select d.owner_id from public.datasets d where d.tenant_id = tenant and d.id = dataset)
      || (event.data ->> 'requestedBy')::uuid
    when 'dataset.rows_quarantined' then app.holders_of(tenant, dataset, 'write') || (event.data ->> 'requestedBy')::uuid
    when 'dataset.shared' then array(
      select (event.data ->> 'userId')::uuid
      union
      select g.user_id from public.user_roles g where g.tenant_id = tenant and g.role_id = (event.data ->> 'roleId')::uuid)
    when 'dataset.identifiers_destroyed' then
      case when dataset is null then app.members_with(tenant, 'encryption:admin') else app.holders_of(tenant, dataset, 'admin') end
    when 'export.ready' then array[(event.data ->> 'requestedBy')::uuid]
    when 'export.failed' then array[(event.data ->> 'requestedBy')::uuid]
    when 'todo.assigned' then array[todo.assignee_id]
    when 'todo.completed' then case when todo.completed_at is not null then array[todo.owner_id] end
    when 'todo.due' then case when todo.completed_at is null then array[coalesce(todo.assignee_id, todo.owner_id)] end
    when 'member.joined' then array[(event.data ->> 'invitedBy')::uuid]
    when 'member.roles_changed' then array[event.subject_id::uuid]
    when 'member.removed' then array[event.subject_id::uuid]
    when 'api_key.created' then array[(event.data ->> 'userId')::uuid]
    when 'api_key.expiring' then array[(event.data ->> 'userId')::uuid]
    when 'plan.limit_reached' then app.members_with(tenant, 'organization:write')
    when 'plan.changed' then app.members_with(tenant, 'organization:write')
    when 'plugin.changed' then array(
      select distinct l.created_by from public.watch_lists l
      join public.watch_list_plugins w on w.tenant_id = l.tenant_id and w.watch_list_id = l.id
      where l.tenant_id = tenant and w.plugin_id = event.subject_id::uuid)
    when 'webhook.disabled' then app.members_with(tenant, 'webhook:write')
  end;
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
