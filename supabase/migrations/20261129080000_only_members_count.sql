-- What a credential says of an organization counts for nothing until it is its holder's: a token of another issuer names any,
-- and a key or a session may have ended while a process still remembers whose it was. (app.open_session says so of actions.)

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
