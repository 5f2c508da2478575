-- What only an operator at the command line does. No login is granted these commands: who can call them owns the database.

-- A flag as it is from now on; with active null the other way round. One that is not there is made only where that is meant.
create function app.set_flag(codename text, active boolean, label text, may_create boolean)
  returns table (flag_codename text, flag_is_active boolean, flag_label text)
  language plpgsql volatile security definer set search_path = '' as $$
begin
  return query
    update public.feature_flags f
      set is_active = coalesce(active, not f.is_active), label = coalesce(set_flag.label, f.label), updated_at = now()
      where f.codename = set_flag.codename returning f.codename, f.is_active, f.label;
  if found then
    return;
  end if;
  if not may_create then
    raise exception using errcode = 'GR404', message = 'no such flag: create it first';
  end if;
  return query
    insert into public.feature_flags as f (codename, is_active, label)
      values (set_flag.codename, coalesce(active, true), coalesce(set_flag.label, ''))
      returning f.codename, f.is_active, f.label;
end $$;

create function app.set_operator(person uuid, is_operator boolean) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from public.users u where u.id = person and (u.is_active or not is_operator)) then
    raise exception using errcode = 'GR404', message = 'no such person, or not an active one';
  end if;
  if is_operator then
    insert into identity.operators (user_id) values (person) on conflict do nothing;
  else
    delete from identity.operators o where o.user_id = person;
  end if;
end $$;

-- The account of a registration; a user name that somebody else took meanwhile is left out.
create function app.open_account(wanted identity.registrations, default_tenant uuid, default_role text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  person uuid;
begin
  insert into public.users (email, username, name, email_verified_at)
    values (wanted.email, case when exists (select from public.users u where lower(u.username) = lower(wanted.username))
        then null else wanted.username end, wanted.name, now())
    on conflict do nothing returning id into person;
  if person is null then
    raise exception using errcode = 'GR409', message = 'this address has an account already: sign in';
  end if;
  insert into identity.accounts (user_id, provider_id, account_id, password)
    values (person, 'password', person::text, wanted.password);
  delete from identity.registrations r where lower(r.email) = lower(wanted.email);
  perform app.join_default(person, default_tenant, default_role);
  return person;
end $$;

create or replace function app.activate(hash bytea, default_tenant uuid, default_role text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  mail constant identity.mails := app.use_mail_token('activation', hash);
  wanted identity.registrations;
begin
  select * into wanted from identity.registrations r where r.id = mail.registration_id;
  return app.open_account(wanted, default_tenant, default_role);
end $$;

-- Opens the account that somebody waits for, by an operator's word instead of the link. Of several registrations for one
-- address one may be a stranger's, with a password that they know: which it is has to be said.
create function app.open_registration(address text, registration uuid, default_tenant uuid, default_role text) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  waiting identity.registrations[];
begin
  waiting := array(select r from identity.registrations r
    where lower(r.email) = lower(address) and (registration is null or r.id = registration) order by r.id for update);
  if cardinality(waiting) = 0 then
    raise exception using errcode = 'GR404', message = 'nobody with this address has an account or waits for one';
  end if;
  if cardinality(waiting) > 1 then
    raise exception using errcode = 'GR409',
      message = 'several registrations wait for this address: say which one, or have them follow the link that was mailed',
      detail = jsonb_build_object('registrations', (
        select jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'createdAt', w.created_at)) from unnest(waiting) w))::text;
  end if;
  return app.open_account(waiting[1], default_tenant, default_role);
end $$;

-- A password by an operator's hand. Whoever had one is told by mail; every session ends, and the account is active again.
create function app.set_user_password(person uuid, password text) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app.set_user_active(person, true);
  if exists (select from identity.accounts a where a.user_id = person and a.provider_id = 'password') then
    perform app.set_password(person, password, null);
  else
    insert into identity.accounts (user_id, provider_id, account_id, password)
      values (person, 'password', person::text, set_user_password.password);
    perform app.end_credentials(person);
  end if;
end $$;

-- One session of a person, or all of them; how many have ended by it.
create function app.end_sessions(person uuid, session uuid) returns bigint
  language plpgsql volatile security definer set search_path = '' as $$
declare
  ended bigint;
begin
  update identity.sessions s set revoked_at = now()
    where s.user_id = person and s.revoked_at is null and (session is null or s.id = session);
  get diagnostics ended = row_count;
  return ended;
end $$;

-- Without valid_for no link is mailed: an operator sets the password.
create or replace function app.create_user(email text, username text, name text, valid_for interval) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
declare
  person uuid;
begin
  perform app.require_operator();
  insert into public.users (email, username, name) values (create_user.email, create_user.username, create_user.name)
    on conflict do nothing returning id into person;
  if person is null then
    raise exception using errcode = 'GR409', message = 'another account has this address or user name';
  end if;
  if valid_for is not null then
    perform app.post_mail('password_reset', create_user.email, person, null, valid_for);
  end if;
  return person;
end $$;

create function app.create_organization_for(organization_name text, owner uuid) returns uuid
  language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (select from public.users u where u.id = owner and u.is_active) then
    raise exception using errcode = 'GR404', message = 'no such person, or not an active one';
  end if;
  return app.create_organization(organization_name, owner);
end $$;

-- One more owner for an organization whose own cannot act any more; a member from now on, if they were none.
create function app.appoint_owner(tenant uuid, person uuid) returns void
  language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.organizations o where o.id = tenant for update;
  if not found then
    raise exception using errcode = 'GR404', message = 'no such organization';
  end if;
  if not exists (select from public.users u where u.id = person and u.is_active) then
    raise exception using errcode = 'GR404', message = 'no such person, or not an active one';
  end if;
  insert into public.memberships (tenant_id, user_id) values (tenant, person)
    on conflict (tenant_id, user_id) do update set left_at = null;
  insert into public.user_roles (tenant_id, user_id, role_id)
    select tenant, person, r.id from public.roles r where r.tenant_id = tenant and r.is_builtin and r.name = 'owner'
    on conflict do nothing;
end $$;

revoke all on function app.set_flag, app.set_operator, app.open_account, app.open_registration, app.set_user_password,
  app.end_sessions, app.create_organization_for, app.appoint_owner from public;
