-- Row level security of people and organizations. Policies name authenticated for reading (PostgREST's role, and
-- through it granary_member) and granary_member for writing. `any ((select f())::uuid[])` is evaluated once per
-- statement and can use an index.
alter table public.users enable row level security, force row level security;
alter table public.organizations enable row level security, force row level security;
alter table public.memberships enable row level security, force row level security;
alter table public.permissions enable row level security, force row level security;
alter table public.roles enable row level security, force row level security;
alter table public.role_permissions enable row level security, force row level security;
alter table public.user_roles enable row level security, force row level security;
alter table public.api_keys enable row level security, force row level security;

-- A person sees themselves, and whoever shares an organization in which they may see members.
create function app.visible_users() returns uuid[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return coalesce((select array_agg(distinct m.user_id) from public.memberships m
                   where m.tenant_id = any (app.tenants_with('member:read'))), '{}') || app.user_id();
end $$;
revoke all on function app.visible_users from public;
grant execute on function app.visible_users to authenticated;

create policy users_read on public.users for select to authenticated
  using (id = any ((select app.visible_users())::uuid[]));
create policy organizations_read on public.organizations for select to authenticated
  using (id = any ((select app.tenants_with('organization:read'))::uuid[]));
create policy organizations_rename on public.organizations for update to granary_member
  using (id = any ((select app.tenants_with('organization:write'))::uuid[]));
create policy memberships_read on public.memberships for select to authenticated
  using (tenant_id = any ((select app.tenants_with('member:read'))::uuid[]));
-- the same words for everybody, and nobody's data
create policy permissions_read on public.permissions for select to authenticated using (true);
create policy roles_read on public.roles for select to authenticated
  using (tenant_id = any ((select app.tenants_with('member:read'))::uuid[]));
create policy role_permissions_read on public.role_permissions for select to authenticated
  using (tenant_id = any ((select app.tenants_with('member:read'))::uuid[]));
create policy user_roles_read on public.user_roles for select to authenticated
  using (tenant_id = any ((select app.tenants_with('member:read'))::uuid[]));

-- API keys are their maker's alone, and can never do more than their maker.
create policy api_keys_read on public.api_keys for select to authenticated
  using (tenant_id = any ((select app.tenants_with('key:read'))::uuid[]) and user_id = (select app.user_id()));
create policy api_keys_create on public.api_keys for insert to granary_member
  with check (tenant_id = any ((select app.tenants_with('key:write'))::uuid[]) and user_id = (select app.user_id())
    and scopes <@ app.permissions_in(tenant_id));
create policy api_keys_revoke on public.api_keys for update to granary_member
  using (tenant_id = any ((select app.tenants_with('key:write'))::uuid[]) and user_id = (select app.user_id()));

-- Column lists: a tenant, an id, a secret's hash are never updatable, and the hash is never readable.
grant select on public.users, public.memberships, public.permissions, public.roles, public.role_permissions,
  public.user_roles, public.organizations to authenticated;
grant select (tenant_id, id, user_id, name, scopes, expires_at, revoked_at, created_at) on public.api_keys to authenticated;
grant update (name) on public.organizations to granary_member;
grant insert (tenant_id, id, user_id, name, secret_hash, scopes, expires_at), update (revoked_at) on public.api_keys to granary_member;
grant select on public.users, public.organizations, public.memberships to granary_worker;
