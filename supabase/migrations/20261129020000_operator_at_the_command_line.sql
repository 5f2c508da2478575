-- Who holds the connection of the database's owner may do by SQL whatever they want. At the command line they go through the
-- same commands as everybody, so that the rules hold and the trail says who it was: an operator, by name.

alter table public.audit_events
  drop constraint audit_events_actor_kind_check,
  add constraint audit_events_actor_kind_check check (actor_kind in ('user', 'key', 'system', 'operator'));

-- Asked of the connection, never of the claims: a login of ours cannot say this of itself.
create function app.is_owners_connection() returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return pg_catalog.pg_has_role(session_user, current_user, 'usage');
end $$;

create or replace function app.require_operator() returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if app.user_id() is null and app.is_owners_connection() then
    return;
  end if;
  if not exists (select from identity.operators o join public.users u on u.id = o.user_id and u.is_active
                 where o.user_id = app.user_id()) then
    raise exception using errcode = 'GR403', message = 'only who runs the installation may do this';
  end if;
end $$;

-- Claims: operator is who sits at the command line, by the name that the machine knows them by.
create or replace function app.audit(action text, outcome text, entity_type text, entity_id uuid, details jsonb) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  by_operator constant boolean := claims ->> 'sub' is null and claims ->> 'operator' is not null and app.is_owners_connection();
begin
  insert into public.audit_events (tenant_id, actor_kind, actor_id, key_id, action, outcome, entity_type, entity_id, request_id, address, details)
  values ((claims ->> 'tenant_id')::uuid,
    case when by_operator then 'operator' when claims ->> 'sub' is null then 'system' when claims ->> 'key_id' is null then 'user' else 'key' end,
    (claims ->> 'sub')::uuid, (claims ->> 'key_id')::uuid, audit.action, audit.outcome, audit.entity_type, audit.entity_id,
    claims ->> 'request_id', claims ->> 'address',
    case when by_operator then audit.details || jsonb_build_object('operator', claims ->> 'operator') else audit.details end);
end $$;

revoke all on function app.is_owners_connection from public;
grant execute on function app.require_operator to granary_identity;
