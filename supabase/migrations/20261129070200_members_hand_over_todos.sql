-- Who leaves hands their to-dos over as they do their datasets. What they were assigned is assigned to nobody. That they
-- completed one stays written down: the membership stays.
create or replace function app.remove_member(member uuid, successor uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  tenant constant uuid := (claims ->> 'tenant_id')::uuid;
  owned bigint;
  owned_todos bigint;
begin
  if member = app.user_id() then
    if claims ->> 'key_id' is not null then
      raise exception using errcode = 'GR403', message = 'an API key cannot do this: sign in';
    end if;
    perform from public.organizations o where o.id = tenant for update;
  else
    perform app.lock_organization('member:write');
  end if;
  -- locked before anything of theirs is counted: nothing is given to them any more
  perform from public.memberships m where m.tenant_id = tenant and m.user_id = member and m.left_at is null for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such member';
  end if;
  if member <> app.user_id() then
    perform app.require_own(tenant, app.permissions_of_roles(tenant,
      array(select g.role_id from public.user_roles g where g.tenant_id = tenant and g.user_id = member)));
  end if;
  select count(*) into owned from public.datasets d where d.tenant_id = tenant and d.owner_id = member;
  if owned > 0 and successor is null then
    raise exception using errcode = 'GR409', message = format('%s datasets are theirs: name who is to own them', owned),
      detail = jsonb_build_object('datasets', owned)::text;
  end if;
  select count(*) into owned_todos from public.todos t where t.tenant_id = tenant and t.owner_id = member;
  if owned_todos > 0 and successor is null then
    raise exception using errcode = 'GR409', message = format('%s to-dos are theirs: name who is to own them', owned_todos),
      detail = jsonb_build_object('todos', owned_todos)::text;
  end if;
  if successor is not null then
    if successor = member or not exists (
      select from public.memberships m where m.tenant_id = tenant and m.user_id = successor and m.left_at is null
    ) then
      raise exception using errcode = 'GR404', message = 'no such successor';
    end if;
    update public.datasets d set owner_id = successor where d.tenant_id = tenant and d.owner_id = member;
    update public.todos t set owner_id = successor, revision = t.revision + 1, updated_at = now()
      where t.tenant_id = tenant and t.owner_id = member;
  end if;
  update public.todos t set assignee_id = null, revision = t.revision + 1, updated_at = now()
    where t.tenant_id = tenant and t.assignee_id = member;
  delete from public.user_roles g where g.tenant_id = tenant and g.user_id = member;
  delete from public.dataset_shares s where s.tenant_id = tenant and s.user_id = member;
  update public.api_keys k set revoked_at = coalesce(k.revoked_at, now()) where k.tenant_id = tenant and k.user_id = member;
  update public.memberships m set left_at = now() where m.tenant_id = tenant and m.user_id = member;
  perform app.require_owner_left(tenant);
end $$;
