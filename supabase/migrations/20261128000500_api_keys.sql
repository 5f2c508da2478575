-- API keys: switched off and on, bound to networks, limited, rotated with an overlap, and when they were last used.
alter table public.api_keys
  add column is_active boolean not null default true,
  add column allowed_networks cidr[] check (cardinality(allowed_networks) between 1 and 100),
  add column requests_per_minute integer check (requests_per_minute > 0),
  add column last_used_at timestamptz,
  -- the key that this one replaces
  add column rotated_from uuid;
alter table public.api_keys add foreign key (tenant_id, rotated_from) references public.api_keys (tenant_id, id);
create index api_keys_rotated_from on public.api_keys (tenant_id, rotated_from);

grant select (is_active, allowed_networks, requests_per_minute, last_used_at, rotated_from) on public.api_keys to authenticated;
grant insert (allowed_networks, requests_per_minute, rotated_from), update (is_active, expires_at) on public.api_keys to granary_member;

-- Whether a key may be used now, from where the request comes. The permission is app.may's to ask.
create function app.key_holds(key uuid, me uuid, tenant uuid, address text) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.api_keys k
    where k.id = key and k.user_id = me and k.tenant_id = tenant and k.revoked_at is null and k.is_active
      and (k.expires_at is null or k.expires_at > now())
      and (k.allowed_networks is null or address::inet <<= any (k.allowed_networks)));
end $$;

create or replace function app.may(permission text, tenant uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  me constant uuid := claims ->> 'sub';
  active constant uuid := claims ->> 'tenant_id';
  key constant uuid := claims ->> 'key_id';
  token constant uuid := claims ->> 'token_id';
begin
  return (active is null or active = tenant)
    and exists (
      select from public.user_roles granted
      join public.role_permissions allowed on allowed.tenant_id = tenant and allowed.role_id = granted.role_id
      join public.users person on person.id = me
      where granted.user_id = me and granted.tenant_id = tenant and person.is_active and allowed.permission = may.permission)
    and (key is null or (active is not null and exists (
      select from public.api_keys k
      where k.id = key and k.user_id = me and k.tenant_id = tenant and k.revoked_at is null and k.is_active
        and (k.expires_at is null or k.expires_at > now()) and may.permission = any (k.scopes)
        and (k.allowed_networks is null or (claims ->> 'address')::inet <<= any (k.allowed_networks)))))
    and (token is null or app.session_holds(token, me, active));
end $$;

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
  if active is not null and not exists (
    select from public.memberships m where m.tenant_id = active and m.user_id = me and m.left_at is null
  ) then
    raise exception using errcode = 'GR404', message = 'no such organization';
  end if;
  if permission is not null then
    raise exception using errcode = 'GR403', message = format('needs the permission %s', permission);
  end if;
end $$;

-- Whose a key is, for the right hash alone; that it was used, to the minute; and its limit.
drop function app.authenticate_key(uuid, bytea);
create function app.authenticate_key(key_id uuid, hash bytea) returns table (user_id uuid, tenant_id uuid, requests_per_minute integer)
  language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.api_keys k set last_used_at = now()
    where k.id = key_id and k.secret_hash = hash and k.revoked_at is null and k.is_active
      and (k.expires_at is null or k.expires_at > now())
      and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  return query select k.user_id, k.tenant_id, k.requests_per_minute from public.api_keys k where k.id = key_id and k.secret_hash = hash;
end $$;
revoke all on function app.key_holds, app.authenticate_key from public;
grant execute on function app.authenticate_key to granary_identity;
