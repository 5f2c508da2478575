-- As before, with the names of twenty roles at most, and of each its beginning: what an event holds is small, and somebody may
-- have any number of roles, which must not stand in the way of giving them one more.
create or replace function app.emit_roles_event() returns trigger
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := coalesce(new.tenant_id, old.tenant_id);
  person constant uuid := coalesce(new.user_id, old.user_id);
begin
  -- who joins or leaves at this moment is told of that
  if exists (select from public.memberships m where m.tenant_id = tenant and m.user_id = person and m.left_at is null and m.created_at <> now()) then
    perform app.emit_event(tenant, 'member.roles_changed', 'user', person::text, jsonb_build_object('userId', person, 'roles',
      (select coalesce(jsonb_agg(left(held.name, 60) order by held.name), '[]') from (
        select r.name from public.user_roles g join public.roles r on r.tenant_id = g.tenant_id and r.id = g.role_id
        where g.tenant_id = tenant and g.user_id = person order by r.name limit 20) held)),
      format('%s in %s', person, pg_current_xact_id()));
  end if;
  return null;
end $$;
