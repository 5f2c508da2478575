-- Who belongs to an organization and what they may do there. Whoever changes memberships or roles locks the organization
-- first, so that two at once cannot leave it without an owner.

insert into public.permissions (name, description) values
  ('member:write', 'invite and remove members, and give them roles'),
  ('role:write', 'make and change roles'),
  ('organization:delete', 'delete the organization, and hand it over');

create or replace function app.builtin_roles() returns table (name text, permissions text[])
  language sql immutable set search_path = '' as $$
  values
    ('owner', '{organization:read,organization:write,organization:delete,member:read,member:write,role:write,key:read,key:write,dataset:read,dataset:write,dataset:admin,audit:read,encryption:admin}'::text[]),
    ('admin', '{organization:read,organization:write,member:read,member:write,role:write,key:read,key:write,dataset:read,dataset:write,dataset:admin,audit:read,encryption:admin}'),
    ('editor', '{organization:read,member:read,key:read,key:write,dataset:read,dataset:write,dataset:admin}'),
    ('viewer', '{organization:read,member:read,key:read,key:write,dataset:read}'),
    ('auditor', '{organization:read,member:read,key:read,key:write,audit:read}')
$$;
insert into public.role_permissions (tenant_id, role_id, permission)
  select r.tenant_id, r.id, unnest(b.permissions) from public.roles r join app.builtin_roles() b on b.name = r.name
  where r.is_builtin on conflict do nothing;

-- A membership stays for the sake of what its person made; without roles it gives nothing, and the session ends.
alter table public.memberships add column left_at timestamptz;

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
  if key is not null and not exists (
    select from public.api_keys k
    where k.id = key and k.user_id = me and k.tenant_id = active and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now())
  ) then
    raise exception using errcode = 'GR401', message = 'the API key was revoked or has expired';
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

create or replace function app.home_of(person uuid) returns uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select m.tenant_id from public.memberships m
    left join lateral (
      select max(t.issued_at) as at from identity.session_tokens t join identity.sessions s on s.id = t.session_id
      where s.user_id = person and t.tenant_id = m.tenant_id) used on true
    where m.user_id = person and m.left_at is null
    order by used.at desc nulls last, m.created_at limit 1);
end $$;

-- The active organization, locked, for a caller who has the permission there.
create function app.lock_organization(permission text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
begin
  if tenant is null or not app.may(permission, tenant) then
    raise exception using errcode = 'GR403', message = format('needs the permission %s', permission);
  end if;
  perform from public.organizations o where o.id = tenant for update;
  return tenant;
end $$;

-- Nobody gives, or takes away, what they do not have themselves.
create function app.require_own(tenant uuid, permissions text[]) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  lacking constant text[] := array(select unnest(permissions) except select unnest(app.permissions_in(tenant)) order by 1);
begin
  if cardinality(lacking) > 0 then
    raise exception using errcode = 'GR403', message = format('needs what it would give or take: %s', array_to_string(lacking, ', ')),
      detail = jsonb_build_object('lacking', lacking)::text;
  end if;
end $$;

create function app.permissions_of_roles(tenant uuid, roles uuid[]) returns text[]
  language plpgsql stable security definer set search_path = '' as $$
begin
  return array(select distinct p.permission from public.role_permissions p where p.tenant_id = tenant and p.role_id = any (roles));
end $$;

create function app.require_owner_left(tenant uuid) returns void
  language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (
    select from public.user_roles g
    join public.roles r on r.tenant_id = tenant and r.id = g.role_id and r.is_builtin and r.name = 'owner'
    join public.users u on u.id = g.user_id and u.is_active
    where g.tenant_id = tenant
  ) then
    raise exception using errcode = 'GR409', message = 'the organization would be without an owner: hand it over first';
  end if;
end $$;

create function app.set_member_roles(member uuid, roles uuid[]) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_organization('member:write');
  former uuid[];
begin
  if not exists (select from public.memberships m where m.tenant_id = tenant and m.user_id = member and m.left_at is null) then
    raise exception using errcode = 'GR404', message = 'no such member';
  end if;
  if exists (select unnest(roles) except select r.id from public.roles r where r.tenant_id = tenant) then
    raise exception using errcode = 'GR404', message = 'no such role';
  end if;
  former := array(select g.role_id from public.user_roles g where g.tenant_id = tenant and g.user_id = member);
  perform app.require_own(tenant, app.permissions_of_roles(tenant,
    array((select unnest(roles) except select unnest(former)) union (select unnest(former) except select unnest(roles)))));
  delete from public.user_roles g where g.tenant_id = tenant and g.user_id = member and g.role_id <> all (roles);
  insert into public.user_roles (tenant_id, user_id, role_id) select distinct tenant, member, each from unnest(roles) each
    on conflict do nothing;
  perform app.require_owner_left(tenant);
end $$;

-- Somebody leaves, or is made to. Their datasets go to whom the caller names, or stay where they are with nobody to own
-- them, which is refused. Their keys end.
create function app.remove_member(member uuid, successor uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  claims constant jsonb := app.claims();
  tenant constant uuid := (claims ->> 'tenant_id')::uuid;
  owned bigint;
begin
  if member = app.user_id() then
    if claims ->> 'key_id' is not null then
      raise exception using errcode = 'GR403', message = 'an API key cannot do this: sign in';
    end if;
    perform from public.organizations o where o.id = tenant for update;
  else
    perform app.lock_organization('member:write');
  end if;
  if not exists (select from public.memberships m where m.tenant_id = tenant and m.user_id = member and m.left_at is null) then
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
  if successor is not null then
    if successor = member or not exists (
      select from public.memberships m where m.tenant_id = tenant and m.user_id = successor and m.left_at is null
    ) then
      raise exception using errcode = 'GR404', message = 'no such successor';
    end if;
    update public.datasets d set owner_id = successor where d.tenant_id = tenant and d.owner_id = member;
  end if;
  delete from public.user_roles g where g.tenant_id = tenant and g.user_id = member;
  delete from public.dataset_shares s where s.tenant_id = tenant and s.user_id = member;
  update public.api_keys k set revoked_at = coalesce(k.revoked_at, now()) where k.tenant_id = tenant and k.user_id = member;
  update public.memberships m set left_at = now() where m.tenant_id = tenant and m.user_id = member;
  perform app.require_owner_left(tenant);
end $$;

-- The caller, an owner, hands the organization over and stays as an administrator.
create function app.transfer_ownership(successor uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_organization('organization:delete');
  owner_role uuid;
  admin_role uuid;
begin
  select r.id into strict owner_role from public.roles r where r.tenant_id = tenant and r.is_builtin and r.name = 'owner';
  select r.id into strict admin_role from public.roles r where r.tenant_id = tenant and r.is_builtin and r.name = 'admin';
  -- looked up under the lock: of two transfers at once the second caller is no owner any more
  if not exists (select from public.user_roles g where g.tenant_id = tenant and g.user_id = app.user_id() and g.role_id = owner_role) then
    raise exception using errcode = 'GR403', message = 'only an owner can hand the organization over';
  end if;
  if successor = app.user_id() or not exists (
    select from public.memberships m join public.users u on u.id = m.user_id and u.is_active
    where m.tenant_id = tenant and m.user_id = successor and m.left_at is null
  ) then
    raise exception using errcode = 'GR404', message = 'no such member';
  end if;
  insert into public.user_roles (tenant_id, user_id, role_id) values (tenant, successor, owner_role), (tenant, app.user_id(), admin_role)
    on conflict do nothing;
  delete from public.user_roles g where g.tenant_id = tenant and g.user_id = app.user_id() and g.role_id = owner_role;
end $$;

-- A new role, or with an id another name and other permissions for one that is not built in.
create function app.write_role(role uuid, role_name text, permissions text[]) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_organization('role:write');
  id uuid := role;
  former text[] := '{}';
begin
  if role is null then
    insert into public.roles (tenant_id, name) values (tenant, role_name) returning roles.id into id;
  else
    update public.roles r set name = role_name where r.tenant_id = tenant and r.id = role and not r.is_builtin returning r.id into id;
    if id is null then
      raise exception using errcode = 'GR404', message = 'no such role that could be changed: built-in ones stay as they are';
    end if;
    former := app.permissions_of_roles(tenant, array[role]);
  end if;
  perform app.require_own(tenant, array((select unnest(permissions) except select unnest(former))
    union (select unnest(former) except select unnest(permissions))));
  delete from public.role_permissions p where p.tenant_id = tenant and p.role_id = id and p.permission <> all (permissions);
  insert into public.role_permissions (tenant_id, role_id, permission) select distinct tenant, id, each from unnest(permissions) each
    on conflict do nothing;
  return id;
end $$;

create function app.delete_role(role uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_organization('role:write');
begin
  perform app.require_own(tenant, app.permissions_of_roles(tenant, array[role]));
  delete from public.roles r where r.tenant_id = tenant and r.id = role and not r.is_builtin;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such role that could be deleted: built-in ones stay';
  end if;
end $$;

-- An organization of one's own.
create function app.found_organization(organization_name text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if app.user_id() is null or app.claims() ->> 'key_id' is not null then
    raise exception using errcode = 'GR401', message = 'not signed in';
  end if;
  return app.create_organization(organization_name, app.user_id());
end $$;

create table public.invitations (
  tenant_id uuid not null references public.organizations (id) on delete cascade,
  id uuid not null default app.uuidv7(),
  email text not null check (email = btrim(email) and email like '%_@_%'),
  role_id uuid not null,
  invited_by uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- what became of it
  answer text check (answer in ('accepted', 'declined', 'revoked')),
  answered_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, role_id) references public.roles (tenant_id, id) on delete cascade,
  foreign key (tenant_id, invited_by) references public.memberships (tenant_id, user_id),
  check ((answer is null) = (answered_at is null))
);
create index invitations_role on public.invitations (tenant_id, role_id);
create index invitations_inviter on public.invitations (tenant_id, invited_by);
create unique index invitations_open on public.invitations (tenant_id, lower(email)) where answer is null;
alter table public.invitations enable row level security, force row level security;
create policy invitations_read on public.invitations for select to authenticated
  using (tenant_id = any ((select app.tenants_with('member:write'))::uuid[]));
grant select on public.invitations to authenticated;

alter table identity.mails
  add column tenant_id uuid,
  add column invitation_id uuid,
  add foreign key (tenant_id, invitation_id) references public.invitations (tenant_id, id) on delete cascade,
  drop constraint mails_purpose_check,
  add constraint mails_purpose_check check (purpose in ('activation', 'already_registered', 'password_reset', 'no_account',
    'email_change', 'email_changed', 'password_changed', 'invitation')),
  drop constraint mails_check1,
  add constraint mails_link check ((purpose in ('activation', 'password_reset', 'email_change', 'invitation')) = (expires_at is not null)),
  add constraint mails_invitation check ((purpose = 'invitation') = (invitation_id is not null));
create index mails_invitation on identity.mails (tenant_id, invitation_id);

-- Invites an address; an open invitation for it is replaced, so that an old link ends.
create function app.invite(email text, role uuid, valid_for interval) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_organization('member:write');
  invitation uuid;
  mail uuid;
begin
  if not exists (select from public.roles r where r.tenant_id = tenant and r.id = role) then
    raise exception using errcode = 'GR404', message = 'no such role';
  end if;
  perform app.require_own(tenant, app.permissions_of_roles(tenant, array[role]));
  if exists (select from public.memberships m join public.users u on u.id = m.user_id
             where m.tenant_id = tenant and m.left_at is null and lower(u.email) = lower(invite.email)) then
    raise exception using errcode = 'GR409', message = 'they are a member already';
  end if;
  update public.invitations i set answer = 'revoked', answered_at = now()
    where i.tenant_id = tenant and lower(i.email) = lower(invite.email) and i.answer is null;
  insert into public.invitations (tenant_id, email, role_id, invited_by, expires_at)
    values (tenant, email, role, app.user_id(), now() + valid_for) returning id into invitation;
  insert into identity.mails (purpose, recipient, tenant_id, invitation_id, expires_at)
    values ('invitation', email, tenant, invitation, now() + valid_for) returning id into mail;
  perform app.enqueue_system('mail.send', jsonb_build_object('mailId', mail));
  return invitation;
end $$;

create function app.revoke_invitation(invitation uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := app.lock_organization('member:write');
begin
  update public.invitations i set answer = 'revoked', answered_at = now()
    where i.tenant_id = tenant and i.id = invitation and i.answer is null;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such open invitation';
  end if;
end $$;

-- The caller's answer to the invitation whose link they hold. The link alone is not enough: it is for one address.
create function app.answer_invitation(hash bytea, accepts boolean) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail constant identity.mails := app.use_mail_token('invitation', hash);
  invitation public.invitations;
begin
  if not exists (select from public.users u where u.id = app.user_id() and lower(u.email) = lower(mail.recipient)) then
    raise exception using errcode = 'GR403', message = 'the invitation is for another address than that of this account';
  end if;
  perform from public.organizations o where o.id = mail.tenant_id for update;
  update public.invitations i set answer = case when accepts then 'accepted' else 'declined' end, answered_at = now()
    where i.tenant_id = mail.tenant_id and i.id = mail.invitation_id and i.answer is null and i.expires_at > now()
    returning * into invitation;
  if invitation is null then
    raise exception using errcode = 'GR400', message = 'the invitation was taken back, or has expired';
  end if;
  if accepts then
    insert into public.memberships (tenant_id, user_id) values (invitation.tenant_id, app.user_id())
      on conflict (tenant_id, user_id) do update set left_at = null, created_at = now();
    insert into public.user_roles (tenant_id, user_id, role_id) values (invitation.tenant_id, app.user_id(), invitation.role_id)
      on conflict do nothing;
  end if;
  return invitation.tenant_id;
end $$;

create or replace function app.prepare_mail(mail uuid, hash bytea)
  returns table (purpose text, recipient text, name text, expires_at timestamptz)
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found identity.mails;
begin
  select * into found from identity.mails m where m.id = mail and m.sent_at is null for update;
  if found is null then
    return;
  end if;
  if found.expires_at is not null then
    insert into identity.mail_tokens (token_hash, mail_id) values (hash, mail);
  end if;
  -- an invitation calls the organization by its name, the others their reader
  return query select found.purpose, found.recipient, coalesce(o.name, u.name, r.name, ''), found.expires_at
    from (select) as one
    left join public.organizations o on o.id = found.tenant_id
    left join public.users u on u.id = found.user_id
    left join identity.registrations r on r.id = found.registration_id;
end $$;

revoke all on function app.lock_organization, app.require_own, app.permissions_of_roles, app.require_owner_left, app.set_member_roles,
  app.remove_member, app.transfer_ownership, app.write_role, app.delete_role, app.found_organization, app.invite,
  app.revoke_invitation, app.answer_invitation from public;
grant execute on function app.set_member_roles, app.remove_member, app.transfer_ownership, app.write_role, app.delete_role,
  app.invite, app.revoke_invitation to granary_member;
grant execute on function app.found_organization, app.answer_invitation to granary_identity;

create policy organizations_identity on public.organizations for select to granary_identity
  using (id in (select m.tenant_id from public.memberships m where m.user_id = (select app.user_id()) and m.left_at is null));
grant select on public.organizations to granary_identity;
