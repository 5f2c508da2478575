-- The questions that every read asks, in fewer and smaller queries. PL/pgSQL runs a condition that contains a query through
-- the executor as a whole, so what is seldom asked (a key's scopes, a session, who comes past the API) stands in an `if` of
-- its own. They answer as before.

create or replace function app.may(permission text, tenant uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  me constant uuid := claims ->> 'sub';
  active constant uuid := claims ->> 'tenant_id';
  key constant uuid := claims ->> 'key_id';
  token constant uuid := claims ->> 'token_id';
begin
  if active <> tenant then
    return false;
  end if;
  if not exists (
    select from public.user_roles granted
    join public.role_permissions allowed on allowed.tenant_id = tenant and allowed.role_id = granted.role_id
    join public.users person on person.id = me
    join public.organizations organization on organization.id = tenant and organization.closed_at is null
    where granted.user_id = me and granted.tenant_id = tenant and person.is_active and allowed.permission = may.permission
  ) then
    return false;
  end if;
  if key is not null then
    if active is null then
      return false;
    end if;
    if not exists (
      select from public.api_keys k
      where k.id = key and k.user_id = me and k.tenant_id = tenant and k.revoked_at is null and k.is_active
        and (k.expires_at is null or k.expires_at > now()) and may.permission = any (k.scopes)
        and (k.allowed_networks is null or (claims ->> 'address')::inet <<= any (k.allowed_networks))
    ) then
      return false;
    end if;
  end if;
  return token is null or app.session_holds(token, me, active);
end $$;

create or replace function app.may_read_dataset(dataset uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  me constant uuid := nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';
  tenant uuid;
  owner uuid;
  audited boolean;
begin
  select d.tenant_id, d.owner_id, d.audit_reads into tenant, owner, audited from public.datasets d where d.id = dataset;
  if session_user not like 'granary\_%' then
    if audited or exists (select from public.organizations o where o.id = tenant and o.audit_reads) then
      return false;
    end if;
  end if;
  return tenant is not null and app.may('dataset:read', tenant)
    and (owner = me or app.reaches_dataset(me, tenant, dataset, owner, 'read'));
end $$;

-- As before; and for a read that is watched it asks, with the same look at the dataset, whether it has to be recorded (GR490).
drop function app.open_dataset(text, uuid, text);
create function app.open_dataset(permission text, dataset uuid, version text, watched boolean) returns uuid
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '');
  me constant uuid := claims ->> 'sub';
  active constant uuid := claims ->> 'tenant_id';
  owner uuid;
  found_version uuid;
  recorded boolean;
begin
  if not app.may(permission, active) then
    perform app.open_session(permission); -- says why
  end if;
  -- the current one, which nearly all read, without beginning the look-ups of a number and of an alias
  if version is null then
    select d.owner_id, v.id, d.audit_reads or o.audit_reads into owner, found_version, recorded
      from public.datasets d
      join public.dataset_versions v on v.tenant_id = d.tenant_id and v.dataset_id = d.id and v.id = d.current_version_id
      join public.organizations o on o.id = d.tenant_id
      where d.tenant_id = active and d.id = dataset and v.state = 'ready';
  else
    select d.owner_id, v.id, d.audit_reads or o.audit_reads into owner, found_version, recorded
      from public.datasets d
      join public.dataset_versions v on v.tenant_id = d.tenant_id and v.dataset_id = d.id
      join public.organizations o on o.id = d.tenant_id
      where d.tenant_id = active and d.id = dataset and v.state = 'ready'
        and v.id = case
          when version ~ '^\d{1,9}$' then
            (select n.id from public.dataset_versions n where n.tenant_id = active and n.dataset_id = dataset and n.number = version::integer)
          else (select a.version_id from public.dataset_aliases a where a.tenant_id = active and a.dataset_id = dataset and a.name = version) end;
  end if;
  if found_version is null or not (owner = me or app.reaches_dataset(me, active, dataset, owner, 'read')) then
    raise exception using errcode = 'GR404', message = 'no such dataset';
  end if;
  if watched and recorded then
    raise exception using errcode = 'GR490', message = 'this read is recorded';
  end if;
  return found_version;
end $$;
revoke all on function app.open_dataset from public;
grant execute on function app.open_dataset to granary_api, granary_worker;
