-- Why somebody may do something, or may not. The answer is that of app.may and app.may_access_dataset, which policies and
-- commands ask too, asked with the claims of whom it is about; what stands beside it are the rows that those functions read.

-- What the policies would say to these claims. It acts for whom it names, hence granted to nobody.
create function app.may_as(acting jsonb, permission text, tenant uuid, dataset uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mine constant text := current_setting('request.jwt.claims', true);
  answer boolean;
begin
  perform set_config('request.jwt.claims', acting::text, true);
  if dataset is null then
    answer := app.may(permission, tenant);
  else
    answer := app.may_access_dataset(dataset, substr(permission, 9)::app.dataset_access);
  end if;
  perform set_config('request.jwt.claims', coalesce(mine, ''), true);
  return answer;
end $$;

-- Whether the caller may hear about them: of themselves, with the credential that they come with; of others who manages
-- members or roles there, or runs the installation. Of a dataset and somebody else only who administers it.
create function app.may_explain(person uuid, key uuid, tenant uuid, dataset uuid) returns boolean
  language plpgsql stable security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  own_key constant uuid := claims ->> 'key_id';
begin
  if person = app.user_id() and (own_key is null or own_key = key) then
    return exists (select from public.memberships m where m.tenant_id = tenant and m.user_id = person);
  end if;
  if own_key is null and exists (select from identity.operators o join public.users u on u.id = o.user_id and u.is_active
                                 where o.user_id = app.user_id()) then
    return exists (select from public.organizations o where o.id = tenant);
  end if;
  return (app.may('member:write', tenant) or app.may('role:write', tenant))
    and (dataset is null or app.may_access_dataset(dataset, 'admin'));
end $$;

-- What stopped somebody whom the policies refuse: the first thing in the order in which a session is opened.
create function app.denial_of(acting jsonb, permission text, tenant uuid) returns text
  language plpgsql volatile security definer set search_path = '' as $$
declare
  me constant uuid := acting ->> 'sub';
  key constant uuid := acting ->> 'key_id';
  token constant uuid := acting ->> 'token_id';
  belongs public.memberships;
  used public.api_keys;
begin
  select * into belongs from public.memberships m where m.tenant_id = tenant and m.user_id = me;
  if belongs is null then
    return 'not_a_member';
  elsif not exists (select from public.users u where u.id = me and u.is_active) then
    return 'account_inactive';
  elsif belongs.left_at is not null then
    return 'membership_ended';
  end if;
  if key is not null and not app.key_holds(key, me, tenant, acting ->> 'address') then
    select * into used from public.api_keys k where k.tenant_id = tenant and k.id = key and k.user_id = me;
    return case
      when used.revoked_at is not null then 'key_revoked'
      when not used.is_active then 'key_switched_off'
      when used.expires_at <= now() then 'key_expired'
      else 'key_network' end;
  end if;
  if token is not null and not app.session_holds(token, me, tenant) then
    return 'session_ended';
  end if;
  if not app.may_as(acting - 'key_id', permission, tenant, null) then
    return 'no_role';
  end if;
  return case when app.may_as(acting, permission, tenant, null) then 'no_access_to_dataset' else 'key_scope' end;
end $$;

create function app.explain_access(person uuid, key uuid, organization uuid, permission text, dataset uuid, address text)
  returns jsonb language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  me constant uuid := app.user_id();
  active constant uuid := claims ->> 'tenant_id';
  tenant constant uuid := coalesce(organization, active);
  is_self constant boolean := person is null and key is null;
  asked_key constant uuid := case when is_self then (claims ->> 'key_id')::uuid else key end;
  about uuid := person;
  acting jsonb;
  allowed boolean;
  reason text;
  found_dataset public.datasets;
  shares jsonb;
begin
  if me is null then
    raise exception using errcode = 'GR401', message = 'not signed in';
  elsif tenant is null then
    raise exception using errcode = 'GR400', message = 'no organization is active: name one';
  elsif dataset is not null and permission not like 'dataset:%' then
    raise exception using errcode = 'GR400', message = format('%s is not about a dataset', permission);
  end if;
  if is_self then
    about := me;
  elsif key is not null then
    select k.user_id into about from public.api_keys k
      where k.tenant_id = tenant and k.id = key and (person is null or k.user_id = person);
  end if;
  if about is null or not app.may_explain(about, asked_key, tenant, dataset) then
    -- one answer, so that nobody learns by it what is there
    raise exception using errcode = 'GR404',
      message = 'nothing there that you may ask about: of others only who manages members or roles may';
  end if;

  acting := jsonb_strip_nulls(jsonb_build_object('sub', about, 'tenant_id', tenant, 'key_id', asked_key, 'address', address));
  if is_self and tenant is not distinct from active then
    acting := claims || acting;
  end if;
  allowed := app.may_as(acting, permission, tenant, dataset);

  if dataset is not null then
    select * into found_dataset from public.datasets d where d.tenant_id = tenant and d.id = dataset;
    select coalesce(jsonb_agg(jsonb_build_object('shareId', s.id, 'access', s.access, 'roleId', s.role_id, 'roleName', r.name,
        'with', case when s.user_id is not null then 'member' when s.role_id is not null then 'role' else 'everybody' end,
        'suffices', s.access >= substr(permission, 9)::app.dataset_access) order by s.access desc, s.id), '[]') into shares
      from public.dataset_shares s left join public.roles r on r.tenant_id = s.tenant_id and r.id = s.role_id
      where s.tenant_id = tenant and s.dataset_id = dataset and (
        s.user_id = about or (s.user_id is null and s.role_id is null)
        or exists (select from public.user_roles g where g.tenant_id = tenant and g.user_id = about and g.role_id = s.role_id));
  end if;
  reason := case
    when not allowed then app.denial_of(acting, permission, tenant)
    when dataset is null then 'role'
    when found_dataset.owner_id = about then 'owner'
    else 'share' end;
  if reason = 'no_access_to_dataset' and jsonb_array_length(shares) > 0 then
    reason := 'share_too_weak';
  end if;
  return jsonb_build_object('allowed', allowed, 'reason', reason, 'userId', about, 'keyId', asked_key, 'organizationId', tenant,
    'permission', permission, 'datasetId', dataset,
    'ownsDataset', case when dataset is not null then coalesce(found_dataset.owner_id = about, false) end,
    'shares', coalesce(shares, '[]'),
    'keyHasScope', (select permission = any (k.scopes) from public.api_keys k where k.tenant_id = tenant and k.id = asked_key),
    'roles', coalesce((
      select jsonb_agg(jsonb_build_object('roleId', r.id, 'name', r.name, 'grants', exists (
          select from public.role_permissions p
          where p.tenant_id = tenant and p.role_id = r.id and p.permission = explain_access.permission)) order by r.name)
      from public.user_roles g join public.roles r on r.tenant_id = g.tenant_id and r.id = g.role_id
      where g.tenant_id = tenant and g.user_id = about), '[]'));
end $$;

revoke all on function app.may_as, app.may_explain, app.denial_of, app.explain_access from public;
grant execute on function app.explain_access to granary_identity;
