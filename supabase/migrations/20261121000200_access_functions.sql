-- The functions that every policy is written with, and the one that opens a session.
--
-- plpgsql, not sql: an SQL-language helper is planned anew by every query that a policy adds it to, which
-- costs a one-row read a third of its throughput. Definer: a policy on memberships that read memberships would
-- recurse; the owner has BYPASSRLS, which FORCE ROW LEVEL SECURITY does not take away.
--
-- Claims are what the API's login (or PostgREST, from a verified JWT) put into request.jwt.claims:
--   sub        the user; tenant_id  the active organization (narrows); key_id  the API key (narrows)
-- user_metadata is never read: its owner can write it.

create function app.claims() returns jsonb language plpgsql stable set search_path = '' as $$
begin
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
end $$;

create function app.user_id() returns uuid language plpgsql stable set search_path = '' as $$
begin
  return (app.claims() ->> 'sub')::uuid;
end $$;

-- Whether the caller may do this in one organization: memberships, the active organization and the roles' permissions,
-- and for an API key its scopes, expiry and revocation, intersected.
create function app.may(permission text, tenant uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  me constant uuid := claims ->> 'sub';
  active constant uuid := claims ->> 'tenant_id';
  key constant uuid := claims ->> 'key_id';
begin
  return (active is null or active = tenant)
    and exists (
      select from public.user_roles granted
      join public.role_permissions allowed on allowed.tenant_id = tenant and allowed.role_id = granted.role_id
      join public.users person on person.id = me
      where granted.user_id = me and granted.tenant_id = tenant and person.is_active and allowed.permission = may.permission)
    and (key is null or (active is not null and exists (
      select from public.api_keys k
      where k.id = key and k.user_id = me and k.tenant_id = tenant and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > now()) and may.permission = any (k.scopes))));
end $$;

-- The organizations in which the caller may do this.
create function app.tenants_with(permission text) returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  active constant uuid := claims ->> 'tenant_id';
begin
  if active is not null then
    return case when app.may(permission, active) then array[active] else '{}'::uuid[] end;
  end if;
  return coalesce((
    select array_agg(m.tenant_id) from public.memberships m
    where m.user_id = (claims ->> 'sub')::uuid and app.may(tenants_with.permission, m.tenant_id)
  ), '{}');
end $$;

-- The caller's permissions in one organization: what an API key's scopes may be chosen from.
create function app.permissions_in(tenant uuid) returns text[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((select array_agg(p.name) from public.permissions p where tenant = any (app.tenants_with(p.name))), '{}');
end $$;

-- Called by the login while it opens a session, in the same round trip as the query that follows: refuses a
-- credential that is no longer good, and a permission that the caller lacks. The policies say the latter again.
-- SQLSTATE GR401: not signed in; GR403: may not; GR404: no such organization (for this caller).
create function app.open_session(permission text) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  me constant uuid := (claims ->> 'sub')::uuid;
  active constant uuid := (claims ->> 'tenant_id')::uuid;
  key constant uuid := (claims ->> 'key_id')::uuid;
begin
  if permission is not null and app.may(permission, active) then
    return;
  end if;
  if not exists (select from public.users u where u.id = me and u.is_active) then
    raise exception using errcode = 'GR401', message = 'not signed in, or the account is not active';
  end if;
  if key is not null and not exists (
    select from public.api_keys k
    where k.id = key and k.user_id = me and k.tenant_id = active and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now())
  ) then
    raise exception using errcode = 'GR401', message = 'the API key was revoked or has expired';
  end if;
  if active is not null and not exists (
    select from public.memberships m where m.tenant_id = active and m.user_id = me
  ) then
    raise exception using errcode = 'GR404', message = 'no such organization';
  end if;
  if permission is not null then
    raise exception using errcode = 'GR403', message = format('needs the permission %s', permission);
  end if;
end $$;

-- Who a key is: only for the right hash, so that knowing an id reveals nothing. Whether it is still good is
-- open_session's to say, at every request.
create function app.authenticate_key(key_id uuid, hash bytea) returns table (user_id uuid, tenant_id uuid)
  language plpgsql stable security definer set search_path = '' as $$
begin
  return query select k.user_id, k.tenant_id from public.api_keys k where k.id = key_id and k.secret_hash = hash;
end $$;

-- An organization with its built-in roles; its first member owns it.
create function app.create_organization(organization_name text, owner uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.uuidv7();
begin
  insert into public.organizations (id, name) values (tenant, organization_name);
  insert into public.roles (tenant_id, name, is_builtin)
    select tenant, builtin.name, true from app.builtin_roles() builtin;
  insert into public.role_permissions (tenant_id, role_id, permission)
    select tenant, r.id, unnest(builtin.permissions)
    from app.builtin_roles() builtin join public.roles r on r.tenant_id = tenant and r.name = builtin.name;
  insert into public.memberships (tenant_id, user_id) values (tenant, owner);
  insert into public.user_roles (tenant_id, user_id, role_id)
    select tenant, owner, r.id from public.roles r where r.tenant_id = tenant and r.name = 'owner';
  return tenant;
end $$;

create function app.builtin_roles() returns table (name text, permissions text[])
  language sql immutable set search_path = '' as $$
  values
    ('owner', '{organization:read,organization:write,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin,audit:read}'::text[]),
    ('admin', '{organization:read,organization:write,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin,audit:read}'),
    ('editor', '{organization:read,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin}'),
    ('viewer', '{organization:read,member:read,key:read,key:write,dataset:read}'),
    ('auditor', '{organization:read,member:read,key:read,key:write,audit:read}')
$$;

-- create function grants execute to everybody; every function of this schema is granted by name instead
revoke all on all functions in schema app from public;
grant execute on function app.uuidv7 to authenticated, granary_worker, granary_identity;
grant execute on function app.claims, app.user_id, app.may, app.tenants_with to authenticated, granary_worker, granary_api, granary_identity;
grant execute on function app.permissions_in to granary_member;
grant execute on function app.open_session to granary_api, granary_worker;
grant execute on function app.authenticate_key to granary_identity;
