-- What a credential says of an organization counts for nothing until it is its holder's: a token of another issuer names any,
-- and a key or a session may have ended while a process still remembers whose it was.

-- As before; but only a session of ours, whose organization was checked when it was chosen, stays open for who was removed
-- from it. A token of another issuer chooses with every request, and would otherwise act, and be written down, in any.
create or replace function app.open_session(permission text) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  me constant uuid := (claims ->> 'sub')::uuid;
  active constant uuid := (claims ->> 'tenant_id')::uuid;
  key constant uuid := (claims ->> 'key_id')::uuid;
  token constant uuid := (claims ->> 'token_id')::uuid;
begin
  if permission is not null and app.may(permission, active) then
    return;
  end if;
  if not exists (select from public.users u where u.id = me and u.is_active) then
    raise exception using errcode = 'GR401', message = 'not signed in, or the account is not active';
  end if;
  if key is not null and not app.key_holds(key, me, active, claims ->> 'address') then
    raise exception using errcode = 'GR401',
      message = 'the API key was revoked or switched off, has expired, or may not be used from this address';
  end if;
  if token is not null and not app.session_holds(token, me, active) then
    raise exception using errcode = 'GR401', message = 'the session has ended';
  end if;
  -- what belongs to no organization is also for who was removed from the one they worked in: to switch, or to log out
  if active is not null and (permission is not null or token is null) and not exists (
    select from public.memberships m where m.tenant_id = active and m.user_id = me and m.left_at is null
  ) then
    raise exception using errcode = 'GR404', message = 'no such organization';
  end if;
  if active is not null and (permission is not null or key is not null) then
    perform app.require_open(active);
  end if;
  if permission is not null then
    raise exception using errcode = 'GR403', message = format('needs the permission %s', permission);
  end if;
end $$;

-- How many requests an organization may make in a minute, and by which plan; nothing for a credential that does not hold
-- there, so that nobody uses up what is others'. For the login that checks credentials.
drop function app.request_allowance(uuid);
create function app.request_allowance(tenant uuid, person uuid, key uuid, token uuid, address text)
  returns table (plan text, per_minute bigint)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select o.plan, app.entitlement_of(o.id, 'api_requests_per_minute') from public.organizations o
    join public.memberships m on m.tenant_id = o.id and m.user_id = person and m.left_at is null
    join public.users u on u.id = person and u.is_active
    where o.id = tenant and (key is null or app.key_holds(key, person, tenant, request_allowance.address))
      and (token is null or app.session_holds(token, person, tenant));
end $$;
revoke all on function app.request_allowance from public;
grant execute on function app.request_allowance to granary_identity;

-- As before; but a key asks about its own organization alone, not about where else its owner is, and who left is told of
-- themselves, and no more of datasets.
create or replace function app.may_explain(person uuid, key uuid, tenant uuid, dataset uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  own_key constant uuid := claims ->> 'key_id';
begin
  if own_key is not null and tenant is distinct from (claims ->> 'tenant_id')::uuid then
    return false;
  end if;
  if person = app.user_id() and (own_key is null or own_key = key) then
    return exists (select from public.memberships m
      where m.tenant_id = tenant and m.user_id = person and (dataset is null or m.left_at is null));
  end if;
  if own_key is null and exists (select from identity.operators o join public.users u on u.id = o.user_id and u.is_active
                                 where o.user_id = app.user_id()) then
    return exists (select from public.organizations o where o.id = tenant);
  end if;
  return (app.may('member:write', tenant) or app.may('role:write', tenant))
    and (dataset is null or app.may_access_dataset(dataset, 'admin'));
end $$;
