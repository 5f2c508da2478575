-- An organization that its owner deletes is closed for everybody at once, and erased when its time of grace is over
-- (docs/adr/0023). Until then it can be restored.
alter table public.organizations
  add column closed_at timestamptz,
  -- from when on the worker may erase it
  add column erase_after timestamptz,
  -- when it began to, after which there is no way back
  add column erasing_since timestamptz,
  add constraint organizations_closing check ((closed_at is null) = (erase_after is null)),
  add constraint organizations_erasing check (erasing_since is null or closed_at is not null);
create index organizations_closing_index on public.organizations (erase_after) where closed_at is not null;

-- As before, and nobody may do anything in an organization that is closed.
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
      join public.organizations organization on organization.id = tenant and organization.closed_at is null
      where granted.user_id = me and granted.tenant_id = tenant and person.is_active and allowed.permission = may.permission)
    and (key is null or (active is not null and exists (
      select from public.api_keys k
      where k.id = key and k.user_id = me and k.tenant_id = tenant and k.revoked_at is null and k.is_active
        and (k.expires_at is null or k.expires_at > now()) and may.permission = any (k.scopes)
        and (k.allowed_networks is null or (claims ->> 'address')::inet <<= any (k.allowed_networks)))))
    and (token is null or app.session_holds(token, me, active));
end $$;

-- GR412 where it is closed, for a member: with until when it can be restored.
create function app.require_open(tenant uuid) returns void
  language plpgsql stable security definer set search_path = '' as $$
declare
  found_organization public.organizations;
begin
  select * into found_organization from public.organizations o where o.id = tenant;
  if found_organization.closed_at is not null then
    raise exception using errcode = 'GR412',
      message = format('the organization was deleted; until %s an owner can restore it',
        to_char(found_organization.erase_after at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
      detail = jsonb_build_object('reason', 'organization_closing', 'organizationId', tenant,
        'closedAt', found_organization.closed_at, 'erasedAfter', found_organization.erase_after)::text;
  end if;
end $$;

-- As before, and in an organization that is closed nothing is opened for its keys, and for people only what is about
-- themselves (permission null): to switch to another one, or to restore it.
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
  -- a session's organization was theirs when they chose it: who was removed from it can still switch, or log out
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

-- As before, of those that are open.
create or replace function app.home_of(person uuid) returns uuid
  language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select m.tenant_id from public.memberships m
    join public.organizations o on o.id = m.tenant_id and o.closed_at is null
    left join lateral (
      select max(t.issued_at) as at from identity.session_tokens t join identity.sessions s on s.id = t.session_id
      where s.user_id = person and t.tenant_id = m.tenant_id) used on true
    where m.user_id = person and m.left_at is null
    order by used.at desc nulls last, m.created_at limit 1);
end $$;

-- As before, and nobody joins one that is closed.
create or replace function app.join_default(person uuid, tenant uuid, role_name text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if tenant is null or not exists (select from public.organizations o where o.id = tenant and o.closed_at is null) then
    return;
  end if;
  insert into public.memberships (tenant_id, user_id) values (tenant, person) on conflict do nothing;
  if found then
    insert into public.user_roles (tenant_id, user_id, role_id)
      select tenant, person, r.id from public.roles r where r.tenant_id = tenant and r.name = role_name;
  end if;
end $$;

-- As before, and not while the organization is closed; the link is good again once it is restored.
create or replace function app.settle_invitation(mail identity.mails, person uuid, accepts boolean) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  invitation public.invitations;
begin
  perform from public.organizations o where o.id = mail.tenant_id for update;
  perform app.require_open(mail.tenant_id);
  update public.invitations i set answer = case when accepts then 'accepted' else 'declined' end, answered_at = now()
    where i.tenant_id = mail.tenant_id and i.id = mail.invitation_id and i.answer is null and i.expires_at > now()
    returning * into invitation;
  if invitation is null then
    raise exception using errcode = 'GR400', message = 'the invitation was taken back, or has expired';
  end if;
  if accepts then
    insert into public.memberships (tenant_id, user_id) values (invitation.tenant_id, person)
      on conflict (tenant_id, user_id) do update set left_at = null, created_at = now();
    insert into public.user_roles (tenant_id, user_id, role_id) values (invitation.tenant_id, person, invitation.role_id)
      on conflict do nothing;
  end if;
  return invitation.tenant_id;
end $$;

-- As before, of those that are open: one that is closed needs nobody to own it until it is restored, which asks for it.
create or replace function app.sole_ownerships(person uuid) returns text[]
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.organizations o where o.id in (select m.tenant_id from public.memberships m where m.user_id = person)
    order by o.id for update;
  return array(
    select o.name from public.organizations o
    join public.roles r on r.tenant_id = o.id and r.is_builtin and r.name = 'owner'
    join public.user_roles mine on mine.tenant_id = o.id and mine.role_id = r.id and mine.user_id = person
    where o.closed_at is null and not exists (
      select from public.user_roles g join public.users u on u.id = g.user_id and u.is_active
      where g.tenant_id = o.id and g.role_id = r.id and g.user_id <> person)
    order by o.name);
end $$;

-- As before, and one that is closed, which nobody can leave, is in nobody's way.
create or replace function app.delete_user(person uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  organizations text[];
begin
  if person is distinct from app.user_id() then
    perform app.require_operator();
  end if;
  perform from public.users u where u.id = person for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such person';
  end if;
  organizations := array(select o.name from public.memberships m join public.organizations o on o.id = m.tenant_id
    where m.user_id = person and m.left_at is null and o.closed_at is null order by 1);
  if cardinality(organizations) > 0 then
    raise exception using errcode = 'GR409',
      message = format('leave %s first, naming who is to own what is yours there', array_to_string(organizations, ', ')),
      detail = jsonb_build_object('organizations', organizations)::text;
  end if;
  perform app.end_credentials(person);
  delete from identity.accounts a where a.user_id = person;
  delete from identity.second_factors f where f.user_id = person;
  delete from identity.operators o where o.user_id = person;
  delete from identity.sessions s where s.user_id = person;
  update public.users u set email = person::text || '@deleted.invalid', username = null, name = '', is_active = false,
    email_verified_at = null, updated_at = now() where u.id = person;
end $$;

alter table identity.mails
  drop constraint mails_purpose_check,
  add constraint mails_purpose_check check (purpose in ('activation', 'already_registered', 'password_reset', 'no_account',
    'email_change', 'email_changed', 'password_changed', 'invitation', 'organization_deleted', 'organization_restored')),
  -- an organization's mails go with it
  add constraint mails_organization foreign key (tenant_id) references public.organizations (id) on delete cascade;

-- Mail to everybody who belongs to the organization.
create function app.tell_members(tenant uuid, purpose text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail uuid;
begin
  for mail in
    insert into identity.mails (purpose, recipient, user_id, tenant_id)
      select tell_members.purpose, u.email, u.id, tenant
      from public.memberships m join public.users u on u.id = m.user_id and u.is_active
      where m.tenant_id = tenant and m.left_at is null
      returning id
  loop
    perform app.enqueue_system('mail.send', jsonb_build_object('mailId', mail));
  end loop;
end $$;

-- What is written depends on the organization for some purposes: its name, and until when it can be restored.
drop function app.prepare_mail(uuid, bytea);
create function app.prepare_mail(mail uuid, hash bytea)
  returns table (purpose text, recipient text, name text, expires_at timestamptz, organization text, erased_after timestamptz)
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
  return query select found.purpose, found.recipient,
      case when found.purpose = 'invitation' then o.name else coalesce(u.name, r.name, '') end, found.expires_at, o.name, o.erase_after
    from (select) as one
    left join public.organizations o on o.id = found.tenant_id
    left join public.users u on u.id = found.user_id
    left join identity.registrations r on r.id = found.registration_id
    -- restored before anybody was told
    where found.purpose <> 'organization_deleted' or o.closed_at is not null;
end $$;

-- Closes the active organization. Uploads that are open end, so that what has landed is swept away.
create function app.delete_organization(grace interval) returns timestamptz
  language plpgsql volatile security definer set search_path = '' as $$
declare
  tenant constant uuid := (app.claims() ->> 'tenant_id')::uuid;
  until timestamptz;
begin
  if app.claims() ->> 'key_id' is not null then
    raise exception using errcode = 'GR403', message = 'an API key cannot do this: sign in';
  end if;
  perform app.require_open(tenant);
  perform app.lock_organization('organization:delete');
  -- asked again under the lock: of two at once the second finds it closed
  perform app.require_open(tenant);
  update public.organizations o set closed_at = now(), erase_after = now() + grace where o.id = tenant returning o.erase_after into until;
  update public.uploads u set expires_at = now() where u.tenant_id = tenant and u.state = 'open' and u.expires_at > now();
  perform app.tell_members(tenant, 'organization_deleted');
  return until;
end $$;

-- By one of its owners, or by who runs the installation. GR404 to everybody else, and when it is being erased.
create function app.restore_organization(tenant uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
declare
  found_organization public.organizations;
begin
  select * into found_organization from public.organizations o where o.id = tenant for update;
  if app.claims() ->> 'key_id' is not null or found_organization.id is null or not (
    exists (
      select from public.user_roles g join public.role_permissions p on p.tenant_id = tenant and p.role_id = g.role_id
      join public.users u on u.id = g.user_id and u.is_active
      where g.tenant_id = tenant and g.user_id = app.user_id() and p.permission = 'organization:delete')
    or exists (select from identity.operators o join public.users u on u.id = o.user_id and u.is_active where o.user_id = app.user_id())
  ) then
    raise exception using errcode = 'GR404', message = 'no such organization that you could restore';
  elsif found_organization.closed_at is null then
    raise exception using errcode = 'GR412', message = 'the organization is open';
  elsif found_organization.erasing_since is not null then
    raise exception using errcode = 'GR412', message = 'the organization is being erased, which nothing can undo',
      detail = jsonb_build_object('reason', 'organization_erasing')::text;
  end if;
  perform app.require_owner_left(tenant);
  update public.organizations o set closed_at = null, erase_after = null where o.id = tenant;
  perform app.tell_members(tenant, 'organization_restored');
end $$;

revoke all on function app.require_open, app.tell_members, app.prepare_mail, app.delete_organization, app.restore_organization from public;
grant execute on function app.prepare_mail to granary_worker;
grant execute on function app.require_open, app.delete_organization, app.restore_organization to granary_identity;

-- who runs the installation sees which there are, and which are closed
create policy organizations_operator on public.organizations for select to granary_identity
  using (exists (select from identity.operators o where o.user_id = (select app.user_id())));

-- As before; what a closed organization refuses is said of it, after what is said of the person.
create or replace function app.denial_of(acting jsonb, permission text, tenant uuid) returns text
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
  elsif exists (select from public.organizations o where o.id = tenant and o.closed_at is not null) then
    return 'organization_closing';
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
